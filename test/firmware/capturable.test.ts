import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { debugPorts } from '../../lib/capture/debug-port.js';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { LiveHeapSession } from '../../lib/session/live-heap-session.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { addr2line } from '../support/addr2line.js';
import { buildArm, missingTools, run } from '../support/arm-build.js';
import { judgeWithGdb } from '../support/gdb-judge.js';
import { notRun } from '../support/not-run.js';
import { relocateObject } from '../support/relocated-object.js';
import { tempFolder } from '../support/temp-folder.js';

const missing = missingTools(['arm-none-eabi-gcc', 'arm-none-eabi-addr2line', 'gdb-multiarch']);
const SOURCE = 'test/symbols/programs/arm-state.c';
/** Nothing listens there: a capture that began would end with HH1501. */
const NOWHERE = { gdbServer: '127.0.0.1:1', reset: false } as const;

async function drain(records: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of records);
}

for (const objcopy of [
  [],
  ['--strip-debug'],
  ['--strip-debug', '--strip-symbol=$a', '--strip-symbol=$d', '--strip-symbol=$t'],
]) {
  test(`a firmware in Arm state is refused before anything starts: ${objcopy.join(' ') || 'whole'}`, async (t) => {
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
    const elf = buildArm({ sources: [SOURCE], flags: ['-marm', '-O1', '-g', '--specs=nosys.specs'], objcopy });
    const capture = { elf, allocator: 'auto', until: 'finished', engine: 'direct', ...NOWHERE } as const;
    await t.throwsAsync(drain(harvestEvents(capture)), {
      code: 'HH1316',
      message: /_malloc_r.* in Arm state, expected Thumb code/,
    });
    const points = [
      { label: 'finished', address: createSymbolizer(readFileSync(elf)).symbol('finished')?.address ?? 0 },
    ];
    await t.throwsAsync(debugPorts(createSymbolizer(readFileSync(elf)), elf, { points }), { code: 'HH1316' });
    // The same built for Thumb is not: it gets as far as the connection.
    const thumb = buildArm({
      sources: [SOURCE],
      flags: ['-mcpu=cortex-m3', '-O1', '-g', '--specs=nosys.specs'],
      objcopy,
    });
    await t.throwsAsync(drain(harvestEvents({ ...capture, elf: thumb })), { code: 'HH1501' });
  });
}

test('Arm code is named as addr2line names it', (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const elf = buildArm({ sources: [SOURCE], flags: ['-marm', '-O1', '-g', '--specs=nosys.specs'] });
  const symbolizer = createSymbolizer(readFileSync(elf));
  const functions = ['main', 'finished'].map((name) => symbolizer.symbol(name));
  const addresses = functions.flatMap((symbol) =>
    symbol ? Array.from({ length: symbol.sizeBytes / 4 }, (_, index) => symbol.address + index * 4) : [],
  );
  t.true(addresses.length > 20);
  const judged = judgeWithGdb(elf, addresses);
  for (const [address, theirs] of addr2line(elf, addresses)) {
    const places = symbolizer.locate(address);
    t.deepEqual(
      places.map((place) => place.functionName),
      theirs.map(({ name }) => name),
    );
    t.like(judged.get(address), { file: places[0]?.file, line: places[0]?.line });
    t.true(symbolizer.isArmState(address));
  }
});

interface OtherProcessor {
  readonly tool: string;
  readonly addr2line: string;
  build(elf: string): void;
  readonly code: string;
  readonly message: RegExp;
}

const BARE = ['-O1', '-g', '-nostdlib', '-Wl,-e,main', '-Wl,--unresolved-symbols=ignore-all', '-Wl,-Ttext=0x8000'];
const OTHERS: Readonly<Record<string, OtherProcessor>> = {
  AArch64: {
    tool: 'clang',
    addr2line: 'llvm-addr2line',
    build: (elf) => {
      const target = ['--target=aarch64-none-elf', '-isystem', '/usr/include/newlib'];
      run('clang', [...target, '-O1', '-g', '-c', SOURCE, '-o', `${elf}.o`]);
      relocateObject(`${elf}.o`, elf);
    },
    code: 'HH1314',
    message: /found a 64-bit little-endian program for aarch64, expected a 32-bit one/,
  },
  'RISC-V with 64 bits': {
    tool: 'riscv64-unknown-elf-gcc',
    addr2line: 'riscv64-unknown-elf-addr2line',
    build: (elf) => {
      const target = ['-march=rv64imac', '-mabi=lp64', '-mcmodel=medany', '-isystem', '/usr/include/newlib'];
      run('riscv64-unknown-elf-gcc', [...target, ...BARE, SOURCE, '-o', elf]);
    },
    code: 'HH1314',
    message: /found a 64-bit little-endian program for riscv, expected a 32-bit one/,
  },
  'big-endian Arm (Cortex-R5)': {
    tool: 'arm-none-eabi-gcc',
    addr2line: 'arm-none-eabi-addr2line',
    build: (elf) =>
      run('arm-none-eabi-gcc', ['-mcpu=cortex-r5', '-marm', '-mbig-endian', '-Wl,--be8', ...BARE, SOURCE, '-o', elf]),
    code: 'HH1315',
    message: /found a 32-bit big-endian program for arm, expected a little-endian one/,
  },
};

for (const [name, { tool, addr2line: judge, build, code, message }] of Object.entries(OTHERS)) {
  test(`${name}: captures, sessions and dumps are refused before anything starts; addresses are named as binutils name them`, async (t) => {
    const lacking = missingTools([tool, judge, 'gdb-multiarch']);
    if (lacking.length > 0) return notRun(t, `${lacking.join(', ')} not installed`);
    const elf = join(tempFolder(t), 'firmware.elf');
    build(elf);
    const refusal = { code, message };
    for (const board of ['generic', 'qemu-mps2-an385'] as const) {
      await t.throwsAsync(drain(harvestEvents({ elf, board, allocator: 'auto', ...NOWHERE })), refusal);
    }
    await using session = LiveHeapSession.onTarget({ elf, ...NOWHERE });
    await session.init(10);
    await t.throwsAsync(session.start('all'), refusal);
    const symbolizer = createSymbolizer(readFileSync(elf));
    await t.throwsAsync(debugPorts(symbolizer, elf), refusal);

    const functions = ['main', 'finished'].map((symbol) => symbolizer.symbol(symbol));
    const addresses = functions.flatMap((symbol) =>
      symbol ? Array.from({ length: symbol.sizeBytes / 4 }, (_, index) => symbol.address + index * 4) : [],
    );
    t.true(addresses.length > 10, `${addresses.length} addresses`);
    const judged = judgeWithGdb(elf, addresses);
    for (const [address, theirs] of addr2line(elf, addresses, judge)) {
      const places = symbolizer.locate(address);
      t.deepEqual(
        places.map(({ functionName }) => functionName),
        theirs.map(({ name: functionName }) => functionName),
      );
      t.like(judged.get(address), { file: places[0]?.file, line: places[0]?.line });
    }
  });
}
