import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { ScriptStacks } from '../../lib/capture/script-stacks.js';
import { SymbolizerUnwinder } from '../../lib/firmware/symbolizer-unwinder.js';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import type { Backtrace } from '../../lib/trace/heap-event.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { type RecordedStop, recordStops } from '../support/gdb-backtraces.js';
import { notRun } from '../support/not-run.js';

const SOURCE = 'test/interpreters/micropython/script/interpreter.c';
const SCRIPT = 'test/symbols/programs/program.ld';
const missing = missingTools(['arm-none-eabi-gcc', 'arm-none-eabi-objcopy', 'gdb-multiarch', 'qemu-system-arm']);
const read = { reads: 0 };

function build(cpu: string, flags: readonly string[], objcopy: readonly string[] = []): string {
  const options: ArmBuild = { sources: [SOURCE], script: SCRIPT, flags: [`-mcpu=${cpu}`, ...flags], objcopy };
  return buildArm(options);
}

/** The program's memory, as it was loaded but for one pointer that it sets: what is not in there cannot be read. */
function memoryOf(firmware: Symbolizer, change: (address: number, bytes: Uint8Array) => void = () => undefined) {
  const last = firmware.structFieldOffset('mp_state_ctx', 'vm.last_pool').address;
  return async (address: number, length: number) => {
    read.reads++;
    const bytes =
      address === last
        ? Uint8Array.from(word(firmware.symbol('heap_pool')?.address ?? 0))
        : firmware.readMemory(address, length);
    const copy = bytes && Uint8Array.from(bytes);
    if (copy) change(address, copy);
    return copy;
  };
}

const word = (value: number) => [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);

/** The backtrace of a stop as a capture makes it. */
async function backtrace(firmware: Symbolizer, scripts: ScriptStacks, { registers, stack }: RecordedStop) {
  const unwinder = new SymbolizerUnwinder(firmware, scripts.loops);
  const copy = { address: registers[13] ?? 0, bytes: Uint8Array.from(stack.flatMap(word)) };
  const { backtrace, watched } = unwinder.unwind(Uint32Array.from(registers), copy, 50);
  return await scripts.insert(backtrace, watched, copy);
}

const text = (frames: Backtrace) =>
  frames.map(({ functionName, file, line, kind }) =>
    kind === 'script' ? `${functionName} ${file}:${line}` : functionName,
  );

const SCRIPTS = [
  'probe',
  'inner stätion.py:2',
  'mp_execute_bytecode',
  'call',
  '<module> boot.py:3',
  'mp_execute_bytecode',
  'call',
  'main',
];

function record(t: ExecutionContext, elf: string): readonly RecordedStop[] {
  const stops = recordStops(elf, { machine: 'mps2-an385', breakpoint: '*probe', stops: 2, stackTop: 0x20004000 });
  t.is(stops.length, 2);
  return stops;
}

test.serial("each frame of the interpreter's loop has its script's before it", async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const elf = build('cortex-m3', ['-g', '-O0', '-DFORM=20']);
  const firmware = createSymbolizer(readFileSync(elf));
  const scripts = ScriptStacks.of(firmware, memoryOf(firmware));
  if (!scripts) return t.fail('found no interpreter');
  const [first, second] = record(t, elf);
  if (!first || !second) return;
  const frames = await backtrace(firmware, scripts, first);
  t.deepEqual(text(frames), SCRIPTS);
  t.deepEqual(
    frames.filter(({ certainty }) => certainty !== undefined),
    [],
  );
  // A state that points to no function: nothing is told of it.
  t.deepEqual(text(await backtrace(firmware, scripts, second)), ['probe', 'mp_execute_bytecode', 'call', 'main']);
  t.is(scripts.report().scriptFrames, '2 of 3 frames of the interpreter');
});

test.serial('no pointer of a damaged heap does harm: lists in circles, names without an end, nonsense', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const elf = build('cortex-m3', ['-g', '-Os']);
  const firmware = createSymbolizer(readFileSync(elf));
  const [stop] = record(t, elf);
  if (!stop) return t.fail();
  for (let seed = 1; seed <= 200; seed++) {
    let state = seed * 2654435761;
    const memory = memoryOf(firmware, (_, bytes) => {
      for (let at = 0; at < bytes.length; at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        if (state % 7 === 0) bytes[at] = state >> 8;
      }
    });
    const scripts = ScriptStacks.of(firmware, memory);
    read.reads = 0;
    const frames = await backtrace(firmware, scripts as ScriptStacks, stop);
    t.true(frames.length >= 6 && frames.length <= 8);
    t.true(read.reads < 1000);
  }
});

test('a firmware without debug information of an interpreter is none', (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const stripped = build('cortex-m3', ['-g', '-Os'], ['--strip-debug']);
  t.is(
    ScriptStacks.of(createSymbolizer(readFileSync(stripped)), async () => undefined),
    undefined,
  );
});
