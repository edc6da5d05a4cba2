import { readFileSync } from 'node:fs';
import test from 'ava';
import { ScriptFrames } from '../../../../lib/interpreters/micropython/script/script-frames.js';
import { UNKNOWN_CALLERS } from '../../../../lib/interpreters/script-interpreter.js';
import { createSymbolizer } from '../../../../lib/symbols/symbolizer.js';
import { buildArm, missingTools } from '../../../support/arm-build.js';
import { notRun } from '../../../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc']);
const STATES = 0x30000000;
/** fun_bc, ip, sp, two numbers, prev. */
const STATE_BYTES = 20;
const [FUNCTION, IP, PREVIOUS] = [0, 4, 16];

/** Functions that one loop runs, each called by the next: `prev` gives the place of what called a state, the last being called by nobody. */
async function framesOf(count: number, previous: (state: number) => number) {
  const firmware = createSymbolizer(
    readFileSync(
      buildArm({
        sources: ['test/interpreters/micropython/script/interpreter.c'],
        script: 'test/symbols/programs/program.ld',
        flags: ['-mcpu=cortex-m3', '-g', '-O0', '-DSTACKLESS'],
      }),
    ),
  );
  const place = (name: string) => firmware.symbol(name)?.address ?? 0;
  const memory = new DataView(new ArrayBuffer(STATE_BYTES * count));
  for (let state = 0; state < count; state++) {
    const at = STATE_BYTES * state;
    memory.setUint32(at + FUNCTION, place('module'), true);
    memory.setUint32(at + IP, place('module_code') + 9, true);
    memory.setUint32(at + PREVIOUS, previous(STATES + at), true);
  }
  const frames = await ScriptFrames.of(firmware)?.from(STATES, (address, length) => {
    const at = address - STATES;
    if (address === place('mp_state_ctx') + 4) return Promise.resolve(wordOf(place('heap_pool')));
    const isState = at >= 0 && at + length <= memory.byteLength;
    return Promise.resolve(isState ? new Uint8Array(memory.buffer, at, length) : firmware.readMemory(address, length));
  });
  return frames?.map((frame) =>
    frame === UNKNOWN_CALLERS ? frame.functionName : `${frame.functionName} ${frame.file}`,
  );
}

const wordOf = (value: number) =>
  Uint8Array.from([value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff));
const MODULE = '<module> boot.py';

test('an interpreter that calls functions without a C call: all of them, up to who has no caller', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const end = STATES + 2 * STATE_BYTES;
  t.deepEqual(await framesOf(3, (state) => (state === end ? 0 : state + STATE_BYTES)), [MODULE, MODULE, MODULE]);
});

test('callers in a circle, outside of memory, or too many, are told as not known', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  t.deepEqual(await framesOf(2, (state) => (state === STATES ? STATES + STATE_BYTES : STATES)), [
    MODULE,
    MODULE,
    '[...]',
  ]);
  t.deepEqual(await framesOf(1, () => 0xfffffff0), [MODULE, '[...]']);
  const many = await framesOf(300, (state) => state + STATE_BYTES);
  t.is(many?.length, 257);
  t.is(many?.at(-1), '[...]');
});
