import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';
import { runOnTerminal } from '../support/terminal.js';

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

interface NewBoard {
  readonly title: string;
  readonly verified: string;
  readonly mcu: { readonly name: string; readonly core: string };
  readonly memory: readonly { readonly kind: string; readonly baseAddress: string; readonly sizeBytes: string }[];
  readonly comparators: { readonly breakpoints: number };
  readonly servers: { readonly openocd?: { readonly target: string } };
}

test('at a terminal a new board is asked for: a known chip brings the rest, and the file has a usual place', async (t) => {
  const cwd = tempFolder(t);
  const shown = await runOnTerminal(
    ['boards', 'new'],
    [
      [/chip .*: /, '\r'],
      [/expected a chip[\s\S]*chip .*: /, 'nrf52840\r'],
      [/board: /, 'My Sensor v2\r'],
      [/file \[harvest-boards\/my_sensor_v2\.json\]: /, '\r'],
    ],
    cwd,
  );
  t.regex(shown, /written to harvest-boards\/my_sensor_v2\.json/);
  const file = JSON.parse(readFileSync(join(cwd, 'harvest-boards', 'my_sensor_v2.json'), 'utf8')) as NewBoard;
  t.is(file.title, 'My Sensor v2');
  t.is(file.verified, 'unverified');
  t.is(file.servers.openocd?.target, 'nrf52');
  t.regex(
    (await runCli(['boards', 'show', 'my_sensor_v2'], { cwd })).stdout,
    /My Sensor v2 \(my_sensor_v2\), unverified/,
  );
});

test('of a chip that no board here has, core and memory are asked for, and a wrong answer is asked again', async (t) => {
  const cwd = tempFolder(t);
  await runOnTerminal(
    ['boards', 'new'],
    [
      [/chip .*: /, 'STM32F730\r'],
      [/board: /, 'Odd One\r'],
      [/core \(.*: /, 'cortex-m77\r'],
      [/did you mean 'cortex-m7'[\s\S]*core \(.*: /, 'Cortex-M7\r'],
      [/flash .*: /, '512K\r'],
      [/expected an address and a size[\s\S]*flash .*: /, '0x08000000+64K\r'],
      [/RAM .*: /, '0x20000000 + 256K\r'],
      [/target script .*: /, 'stm32f7x\r'],
      [/file \[.*\]: /, 'odd.json\r'],
    ],
    cwd,
  );
  const file = JSON.parse(readFileSync(join(cwd, 'odd.json'), 'utf8')) as NewBoard;
  t.deepEqual(file.mcu, { name: 'STM32F730', core: 'cortex-m7' } as NewBoard['mcu']);
  t.deepEqual(
    file.memory.map(({ kind, baseAddress, sizeBytes }) => `${kind} ${baseAddress} ${sizeBytes}`),
    ['flash 0x08000000 64K', 'ram 0x20000000 256K'],
  );
  t.is(file.comparators.breakpoints, 8);
  t.is(file.servers.openocd?.target, 'stm32f7x');
});

test('questions that are left write nothing, and without a terminal nothing is asked', async (t) => {
  const cwd = tempFolder(t);
  const shown = await runOnTerminal(
    ['boards', 'new', '-o', 'b.json'],
    [
      [/chip .*: /, 'nRF52840\r'],
      [/board: /, '\x03'],
    ],
    cwd,
  );
  t.regex(shown, /HH1860/);
  t.false(existsSync(join(cwd, 'b.json')));
  const { status, stderr } = await runCli(['boards', 'new'], { cwd });
  t.is(status, 2);
  t.regex(stderr, /HH1106 .*no terminal to ask at, expected --mcu CHIP/);
});
