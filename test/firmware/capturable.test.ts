import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { addr2line } from '../support/addr2line.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { type BuiltElf, buildElf, symbolBytes } from '../support/elf-builder.js';
import { judgeWithGdb } from '../support/gdb-judge.js';
import { notRun } from '../support/not-run.js';

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

const refused = test.macro({
  async exec(t, kind: BuiltElf, code: string, message: RegExp) {
    const { table, names } = symbolBytes(kind, [{ name: 'main', value: 0x1000, size: 8, info: 0x12 }]);
    const bytes = buildElf({
      ...kind,
      sections: [
        { name: '.text', flags: 6, address: 0x1000, bytes: new Array(16).fill(0) },
        { name: '.symtab', type: 2, link: 3, bytes: table },
        { name: '.strtab', type: 3, bytes: names },
      ],
    });
    const folder = mkdtempSync(join(tmpdir(), 'capturable-'));
    try {
      const elf = join(folder, 'firmware.elf');
      writeFileSync(elf, bytes);
      await t.throwsAsync(drain(harvestEvents({ elf, allocator: 'auto', ...NOWHERE })), { code, message });
      const image = await loadFirmware(elf);
      t.is(image.locate(0x1004)[0]?.functionName, 'main');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  title: (name = '') => `a program for ${name} is refused with the reason, and its addresses are named`,
});
test('AArch64', refused, { machine: 183, wide: true }, 'HH1314', /64-bit little-endian program for aarch64/);
test('64-bit RISC-V', refused, { machine: 243, wide: true }, 'HH1314', /64-bit little-endian program for riscv/);
test('big-endian Arm', refused, { machine: 40, bigEndian: true }, 'HH1315', /32-bit big-endian program for arm/);
