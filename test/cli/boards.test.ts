import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

test('a board is shown by name, with how OpenOCD is driven', async (t) => {
  for (const args of [
    ['boards', 'metro_m0_express'],
    ['boards', 'show', 'metro_m0_express'],
  ]) {
    const { status, stdout } = await runCli(args);
    t.is(status, 0);
    t.regex(stdout, /OpenOCD +:3333, at91samdXX, cmsis-dap, build mainline-0\.12/);
    t.regex(stdout, /USB +239A:8014, application/);
  }
});

test('a board made of an OpenOCD script is found by name in the folder of the project’s own boards', async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'harvest-boards'));
  writeFileSync(join(cwd, 'mine.cfg'), 'source [find interface/jlink.cfg]\nsource [find target/nrf52.cfg]\n');
  const made = await runCli(['boards', 'import', 'mine.cfg', '-o', 'harvest-boards/mine.json', '--title', 'Mine'], {
    cwd,
  });
  t.is(made.status, 0, made.stderr);
  const { stdout } = await runCli(['boards', 'show', 'mine'], { cwd });
  t.regex(stdout, /Mine \(mine\), unverified/);
  t.regex((await runCli(['boards'], { cwd })).stdout, /^mine +openocd +unverified +Mine$/m);
  const again = await runCli(['boards', 'import', 'mine.cfg', '-o', 'harvest-boards/mine.json'], { cwd });
  t.is(again.status, 4);
  t.regex(again.stderr, /HH1543/);
});

test('a new board is made after one with the same chip, and is never called tried', async (t) => {
  const cwd = tempFolder(t);
  const { status, stderr } = await runCli(['boards', 'new', '--mcu', 'nRF52840', '--title', 'My nRF', '-o', 'b.json'], {
    cwd,
  });
  t.is(status, 0, stderr);
  const file = JSON.parse(readFileSync(join(cwd, 'b.json'), 'utf8')) as {
    verified: string;
    servers: { openocd: { target: string } };
  };
  t.is(file.verified, 'unverified');
  t.is(file.servers.openocd.target, 'nrf52');
  const unknown = await runCli(['boards', 'new', '--mcu', 'Z80'], { cwd });
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /HH1542/);
});
