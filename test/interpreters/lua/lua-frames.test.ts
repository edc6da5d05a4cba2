import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { LuaFrames } from '../../../lib/interpreters/lua/lua-frames.js';
import { UNKNOWN_CALLERS } from '../../../lib/interpreters/script-interpreter.js';
import { SegmentType } from '../../../lib/symbols/elf-tables.js';
import { createSymbolizer, type Symbolizer } from '../../../lib/symbols/symbolizer.js';
import type { Frame } from '../../../lib/trace/heap-event.js';
import { buildArm, missingTools } from '../../support/arm-build.js';
import { notRun } from '../../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc']);
const RAM = 0x20000000;
const INNER = 'function <main.lua:12> main.lua:14?';
const MAIN = 'main chunk main.lua:3';

/** The memory of interpreter.c, as its file has it. */
function lua(...defines: readonly string[]): { readonly firmware: Symbolizer; readonly ram: Uint8Array } {
  const places = ['-Wl,-Ttext=0x1000', `-Wl,-Tdata=0x${RAM.toString(16)}`, '-Wl,-e,luaV_execute'];
  const flags = ['-g', '-mcpu=cortex-m3', '-nostdlib', ...places, ...defines];
  const firmware = createSymbolizer(
    readFileSync(buildArm({ sources: ['test/interpreters/lua/interpreter.c'], flags })),
  );
  const { bytes, segments } = firmware.elfFile;
  const data = segments.find(({ type, address }) => type === SegmentType.load && address === RAM);
  if (!data) throw new Error('no .data');
  return { firmware, ram: Uint8Array.from(bytes.subarray(data.offset, data.offset + data.fileBytes)) };
}

/** What the two frames of the loop run, the inner one first, and how often memory was read for it. */
async function told(firmware: Symbolizer, ram: Uint8Array, calls: number | undefined) {
  const state = firmware.symbol('state')?.address ?? 0;
  let reads = 0;
  const read = (address: number, length: number) => {
    reads++;
    const at = address - RAM;
    return Promise.resolve(at >= 0 && at + length <= ram.length ? ram.subarray(at, at + length) : undefined);
  };
  const walk = LuaFrames.of(firmware)?.walk();
  if (!walk) throw new Error('found no interpreter');
  return { loops: [await walk({ state, calls }, read), await walk({ state, calls }, read)], reads };
}

const text = (frames: readonly Frame[] | undefined) =>
  frames?.map(({ functionName, file, line, certainty }) =>
    functionName === UNKNOWN_CALLERS.functionName
      ? functionName
      : `${functionName} ${file}:${line}${certainty === 'guessed' ? '?' : ''}`,
  );

/** The same memory with one word changed. */
function withWord(ram: Uint8Array, at: number, value: number): Uint8Array {
  const changed = ram.slice();
  new DataView(changed.buffer).setUint32(at - RAM, value, true);
  return changed;
}

for (const [name, defines] of [
  ['a word an instruction', []],
  ['packed', ['-DPACKED']],
] as const) {
  test(`each loop tells its functions, up to what C called (lines: ${name})`, async (t) => {
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
    const { firmware, ram } = lua(...defines);
    t.deepEqual((await told(firmware, ram, 1)).loops.map(text), [[INNER], [MAIN]]);
    t.deepEqual((await told(firmware, ram, undefined)).loops.map(text), [[INNER], [MAIN]]);
  });
}

test('a call that makes no sense is told as callers that are not known; the newest one as nothing', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const { firmware, ram } = lua();
  const calls = firmware.symbol('calls')?.address ?? 0;
  const callBytes = 24;
  // What the C function's call says is called.
  const damaged = withWord(ram, calls + 2 * callBytes + 4, 0x30000000);
  t.deepEqual((await told(firmware, damaged, 2)).loops.map(text)[0], [INNER, '[...]']);
  t.is((await told(firmware, withWord(ram, calls + 3 * callBytes + 4, 0x30000000), 1)).loops[0], undefined);
});

test('calls without an end are cut, and it is said so', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const { firmware, ram } = lua();
  const calls = firmware.symbol('calls')?.address ?? 0;
  const value = firmware.symbol('values')?.address ?? 0;
  const inner = firmware.symbol('inner_code')?.address ?? 0;
  const count = 400;
  // Each is a call of `inner`, which follows the memory of the file.
  const many = new Uint8Array(ram.length + 24 * count);
  many.set(ram);
  const view = new DataView(many.buffer);
  const from = Math.ceil(ram.length / 4) * 4;
  for (let call = 0; call < count - 1; call++) {
    view.setUint32(from + 24 * call + 4, value + 3 * 16, true);
    view.setUint32(from + 24 * call + 12, inner + 8, true);
  }
  const state = firmware.symbol('state')?.address ?? 0;
  const field = (path: string) => firmware.typeFieldOffset('lua_State', { path, at: 0 }).address;
  const newest = withWord(many, state + field('ci'), RAM + from + 24 * (count - 2));
  const endless = withWord(newest, state + field('base_ci'), calls + ((from - (calls - RAM)) % 24));
  const { loops } = await told(firmware, endless, undefined);
  t.is(loops[0]?.length, 201);
  t.is(loops[0]?.at(-1), UNKNOWN_CALLERS);
});

test('whatever the memory holds, the walk is bounded and ends', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  for (const defines of [[], ['-DPACKED']]) {
    const { firmware, ram } = lua(...defines);
    const at = fc.nat(ram.length - 1);
    // Words that point into the memory do more harm than any.
    const pointer = fc.nat(ram.length / 4 - 1).map((word) => RAM + 4 * word);
    const change = fc.tuple(at, fc.oneof(fc.nat(255), pointer));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 12 }),
        fc.option(fc.nat(5), { nil: undefined }),
        async (changes, calls) => {
          const memory = ram.slice();
          const view = new DataView(memory.buffer);
          for (const [place, value] of changes) {
            if (value < 256) memory[place] = value;
            else view.setUint32(Math.min(place & ~3, memory.length - 4), value, true);
          }
          const { loops, reads } = await told(firmware, memory, calls);
          t.true(reads < 4000);
          for (const frames of loops) {
            t.true(frames === undefined || (frames.length > 0 && frames.length <= 201));
            t.true(
              frames === undefined || frames.every(({ line, kind }) => Number.isInteger(line) && kind === 'script'),
            );
          }
        },
      ),
      { numRuns: 80 },
    );
  }
});
