import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/fixture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { type CliOptions, runCli } from '../support/run-cli.js';
import { simulatedBoard } from '../support/simulated-board.js';
import { tempFolder } from '../support/temp-folder.js';

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly found: string;
  readonly remedy?: string;
}

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });

async function examined(args: readonly string[], options: CliOptions = {}) {
  const { status, stdout, stderr } = await runCli(['doctor', '--json', ...args], options);
  const document = JSON.parse(stdout || '{"findings":[]}') as { readonly findings: readonly Finding[] };
  const findings = document.findings.map((one) => [one.name, one] as const);
  return { status, stderr, of: new Map(findings) };
}

test.serial('doctor tells of a board what its chip, its link and its firmware are like, and lets it run', async (t) => {
  t.timeout(240_000);
  await using board = await simulatedBoard('microbit', elf);
  const options = { env: board.env, cwd: tempFolder(t) };
  const { status, of, stderr } = await examined(['--board', 'metro_m0_express', elf], options);
  t.is(status, 0, stderr);
  t.regex(of.get('board')?.found ?? '', /Metro M0.* answers through OpenOCD; launched OpenOCD at/);
  // The simulated chip has the six of a Cortex-M3 and four watchpoints, and a cycle counter that stands still.
  t.regex(of.get('breakpoints')?.found ?? '', /^6, 4 watchpoints; the board file says 4$/);
  t.is(of.get('breakpoints')?.state, 'note');
  t.is(of.get('symbols')?.state, 'ok');
  t.regex(of.get('symbols')?.found ?? '', /functions, source lines, unwind information/);
  t.regex(of.get('hook')?.found ?? '', /gc_log_change/);
  t.regex(of.get('clock')?.remedy ?? '', /DWT_CYCCNT/);
  t.regex(of.get('fastest way')?.found ?? '', /a round trip takes [\d.]+ ms .*at most about \d+ events\/s/);
  t.deepEqual(board.chipState(), { runs: true, breakpoints: 0 });
});

test('doctor says what is wrong with a firmware without a probe, too', async (t) => {
  const cwd = tempFolder(t);
  // No server listens there.
  const server = ['--gdb-server', '127.0.0.1:9'];
  const wrong = await examined(['--board', 'metro_m0_express', ...server, process.execPath], { cwd });
  t.is(wrong.status, 3);
  t.regex(wrong.of.get('board')?.found ?? '', /^HH1501/);
  t.is(wrong.of.get('symbols')?.state, 'missing');
  t.regex(wrong.of.get('symbols')?.found ?? '', /^HH13\d\d /);
  const without = await examined(['--board', 'metro_m0_express', ...server], { cwd });
  t.is(without.of.get('symbols')?.state, 'note');
});

test('doctor tells of an emulated board that it needs no probe, and with a firmware which rate it has', async (t) => {
  const cwd = tempFolder(t);
  const bare = await examined(['--board', 'qemu-microbit'], { cwd });
  t.regex(bare.of.get('board')?.found ?? '', /emulated, it needs no probe/);
  const { status, of } = await examined(['--board', 'qemu-microbit', elf], { cwd });
  t.is(status, 0);
  t.regex(of.get('board')?.found ?? '', /answers through QEMU/);
  t.is(of.get('hook')?.state, 'ok');
});

test('doctor looks for the gdb and the QEMU that fit the processor of the firmware, else of the board', async (t) => {
  const cwd = tempFolder(t);
  // Nothing else is installed here. What it says of itself is all that is asked of a gdb.
  const only = 'riscv64-unknown-elf-gdb';
  writeFileSync(join(cwd, only), '#!/bin/sh\necho "GNU gdb (GDB) 14.1"\n', { mode: 0o755 });
  const here = { cwd, env: { PATH: cwd } };
  for (const args of [
    ['-b', 'qemu-virt-rv32', lispFirmware({ board: 'virt-rv32', opt: 'Os', variant: 'tiny' })],
    ['-b', 'qemu-virt-rv32'],
  ]) {
    const { of } = await examined(args, here);
    t.is(of.get('gdb')?.found, `GNU gdb (GDB) 14.1 (${only})`);
    t.regex(of.get('qemu')?.found ?? '', /^qemu-system-riscv32 is not there/);
  }
  const arm = await examined(['-b', 'qemu-microbit'], here);
  t.is(arm.status, 5);
  t.regex(arm.of.get('gdb')?.found ?? '', /tried arm-none-eabi-gdb, gdb-multiarch, gdb$/);
  const windowed = lispFirmware({ board: 'sim-de212', opt: 'Os', variant: 'tiny' });
  const { of } = await examined(['-b', 'qemu-sim-de212', windowed], here);
  t.is(of.get('gdb')?.state, 'note');
  t.regex(of.get('gdb')?.found ?? '', /none is known to follow this core: the direct engine captures/);
  if (process.platform === 'linux') t.regex(of.get('qemu')?.remedy ?? '', /qemu-system-misc/);
});

test('doctor says what two breakpoints give up, and which core can write once an event', async (t) => {
  const cwd = tempFolder(t);
  // As an ESP32-C2 or an ESP32: two of them.
  for (const [board, oneWrite] of [
    ['virt-rv32', true],
    ['sim-de212', false],
  ] as const) {
    const file = JSON.parse(readFileSync(join(projectRoot, 'board-configs', `qemu-${board}.json`), 'utf8'));
    const two = join(cwd, `two-${board}.json`);
    writeFileSync(two, JSON.stringify({ ...file, comparators: { breakpoints: 2, watchpoints: 2 } }));
    const firmware = lispFirmware({ board, opt: 'Os', variant: 'tiny' });
    const { status, of, stderr } = await examined(['--board', two, firmware], { cwd });
    t.is(status, 0, stderr);
    t.is(of.get('breakpoints')?.state, 'note');
    t.regex(of.get('breakpoints')?.found ?? '', /^2, by the board file$/);
    t.regex(of.get('breakpoints')?.remedy ?? '', /take turns with returns.*--until-prompt, --max-events or --timeout/);
    const way = of.get('fastest way');
    t.is(/--one-write/.test(`${way?.found} ${way?.remedy}`), oneWrite, `${way?.found} ${way?.remedy}`);
  }
});
