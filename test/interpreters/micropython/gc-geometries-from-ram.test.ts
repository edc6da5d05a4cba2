import test from 'ava';
import { SymbolError } from '../../../lib/errors/errors.js';
import { gcGeometriesFromRam, gcGeometriesOf } from '../../../lib/interpreters/micropython/gc-geometries-from-ram.js';
import { callerFrames, symbolNames } from '../../../lib/symbols/caller-frames.js';

/** A firmware whose mp_state_ctx.mem lies at the start of RAM, `mem.area.` or `mem.` as given. */
function firmware(prefix: string) {
  const fields = ['gc_alloc_table_start', 'gc_alloc_table_byte_len', 'gc_pool_start', 'gc_finaliser_table_start'];
  return {
    structFieldOffset(variable: string, path: string) {
      const index = fields.indexOf(path.slice(prefix.length));
      if (variable !== 'mp_state_ctx' || !path.startsWith(prefix) || index < 0) throw new SymbolError('HH1311', path);
      return { address: 0x20000000 + index * 4, sizeBytes: 4 };
    },
  };
}

function ram(words: readonly number[]) {
  const bytes = new Uint8Array(0x400);
  for (const [i, word] of words.entries()) new DataView(bytes.buffer).setUint32(i * 4, word, true);
  return { bytes, baseAddress: 0x20000000 };
}

const WORDS = [0x20000040, 8, 0x20000080, 0x20000049];
const EXPECTED = {
  tableAddress: 0x20000040,
  tableBytes: 8,
  finaliserAddress: 0x20000049,
  poolAddress: 0x20000080,
  blockBytes: 16,
  blockCount: 32,
};

test('finds the heap in a dump of all RAM through the firmware own state, in both layouts of it', (t) => {
  t.deepEqual(gcGeometriesFromRam(ram(WORDS), firmware('mem.area.')), { areas: [EXPECTED] });
  t.deepEqual(gcGeometriesFromRam(ram(WORDS), firmware('mem.')), { areas: [EXPECTED] });
  t.deepEqual(gcGeometriesOf(ram(WORDS), firmware('mem.area.')), { areas: [EXPECTED] });
});

/** The same with a chain: the structure is 5 words, the last points to the next area's. */
function splitFirmware() {
  const plain = firmware('mem.area.');
  return {
    structFieldOffset(variable: string, path: string) {
      if (path === 'mem.area') return { address: 0x20000000, sizeBytes: 20 };
      if (path === 'mem.area.next') return { address: 0x20000010, sizeBytes: 4 };
      return plain.structFieldOffset(variable, path);
    },
  };
}

test('a split heap has a geometry for each of its areas', (t) => {
  const memory = ram([...WORDS, 0x20000020, 0, 0, 0, 0x20000100, 4, 0x20000180, 0x20000105, 0]);
  const second = { ...EXPECTED, tableAddress: 0x20000100, tableBytes: 4, poolAddress: 0x20000180, blockCount: 16 };
  t.deepEqual(gcGeometriesFromRam(memory, splitFirmware()), {
    areas: [EXPECTED, { ...second, finaliserAddress: 0x20000105 }],
  });
});

test('an area that is not in the dump, and a chain that goes in circles, are told', (t) => {
  const outside = gcGeometriesFromRam(ram([...WORDS, 0x20008000]), splitFirmware());
  t.is(outside?.areas.length, 1);
  t.regex(outside?.unseen ?? '', /^area 2 at 0x20008000 is not in the dump/);
  const circle = gcGeometriesFromRam(ram([...WORDS, 0x20000000]), splitFirmware());
  t.is(circle?.areas.length, 1);
  t.regex(circle?.unseen ?? '', /the chain of areas does not end/);
});

test('falls back to the size of the dump where the state is not in it or gc_init has not run', (t) => {
  t.is(gcGeometriesFromRam(ram([0, 0, 0]), firmware('mem.area.')), undefined);
  t.is(gcGeometriesFromRam({ bytes: new Uint8Array(64), baseAddress: 0x20001000 }, firmware('mem.area.')), undefined);
  t.is(gcGeometriesOf({ bytes: new Uint8Array(20480), baseAddress: 0x2000030c }, undefined).areas[0]?.tableBytes, 312);
});

test('callers become frames with inlined calls first, and unknown addresses none', (t) => {
  const place = (functionName: string, line: number, inlined: boolean) => ({
    ...{ functionName, linkageName: undefined, file: 'a.c', line, inlined, certainty: 'exact' as const },
  });
  const frames = callerFrames({
    locate: (pc, options) =>
      pc === 0x101 && options?.isReturnAddress
        ? [place('inner', 3, true), place('outer', 9, false)]
        : [place('??', 0, false)],
  });
  t.deepEqual(frames(0x101), [
    { address: 0, functionName: 'inner', file: 'a.c', line: 3, inlined: true },
    { address: 0x101, functionName: 'outer', file: 'a.c', line: 9 },
  ]);
  t.deepEqual(frames(0x999), []);
});

test('names the symbol at exactly an address', (t) => {
  const symbol = { name: 'mp_type_dict', address: 0x8000, sizeBytes: 40, kind: 'object', binding: 'global' } as const;
  const nameAt = symbolNames({ symbolsByPrefix: () => [symbol, { ...symbol, name: 'alias' }] });
  t.is(nameAt(0x8000), 'mp_type_dict');
  t.is(nameAt(0x8004), '');
});
