import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { ScriptStacks } from '../../lib/capture/script-stacks.js';
import { SymbolizerUnwinder } from '../../lib/firmware/symbolizer-unwinder.js';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import type { Backtrace } from '../../lib/trace/heap-event.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { type RecordedStop, recordStops } from '../support/gdb-backtraces.js';

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

function record(t: ExecutionContext, elf: string, cpu: string): readonly RecordedStop[] {
  const machine = cpu === 'cortex-m0' ? 'microbit' : 'mps2-an385';
  const stops = recordStops(elf, { machine, breakpoint: '*probe', stops: 2, stackTop: 0x20004000 });
  t.is(stops.length, 2);
  return stops;
}

const BUILDS: readonly (readonly [cpu: string, flags: readonly string[]])[] = [
  ['cortex-m3', ['-g', '-Os']],
  ['cortex-m3', ['-g', '-O0', '-DFORM=20']],
  ['cortex-m3', ['-gdwarf-4', '-O2', '-DFORM=12']],
  // The parameter is gone: what the caller passed says what it was.
  ['cortex-m3', ['-g', '-O2', '-DDROP']],
  ['cortex-m0', ['-g', '-Os', '-DDROP']],
  ['cortex-m0', ['-gdwarf-4', '-Og', '-DFORM=20']],
];

for (const [cpu, flags] of BUILDS)
  test.serial(
    `each frame of the interpreter's loop has its script's before it: ${cpu} ${flags.join(' ')}`,
    async (t) => {
      if (missing.length > 0) {
        t.log(`NOT CHECKED: ${missing.join(', ')} not installed`);
        return t.pass();
      }
      const elf = build(cpu, flags);
      const firmware = createSymbolizer(readFileSync(elf));
      const scripts = ScriptStacks.of(firmware, memoryOf(firmware));
      if (!scripts) return t.fail('found no interpreter');
      const [first, second] = record(t, elf, cpu);
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
    },
  );

test.serial('where one loop runs functions that call each other, all of them stand before it', async (t) => {
  if (missing.length > 0) return t.pass();
  const elf = build('cortex-m3', ['-g', '-Os', '-DSTACKLESS']);
  const firmware = createSymbolizer(readFileSync(elf));
  const called = firmware.symbolsByPrefix('called')[0]?.address ?? 0;
  const state = firmware.symbol('module')?.address ?? 0;
  t.true(called > 0 && state > 0);
  const [stop] = record(t, elf, 'cortex-m3');
  if (!stop) return;
  // What the loop wrote there: the function, its opcode, and whoever called, which lies on the stack.
  const inner = firmware.symbol('inner')?.address ?? 0;
  const code = firmware.symbol('inner_code')?.address ?? 0;
  const memory = memoryOf(firmware);
  const previous = callerState(stop, state, (firmware.symbol('module_code')?.address ?? 0) + 9);
  const scripts = ScriptStacks.of(firmware, async (address, length) => {
    const words = new Map([
      [called, [inner, code + 8]],
      [called + firmware.typeFieldOffset('mp_code_state_t', { path: 'prev', at: 0 }).address, [previous]],
    ]).get(address);
    return words ? Uint8Array.from(words.flatMap(word)).subarray(0, length) : memory(address, length);
  });
  if (!scripts) return t.fail();
  t.deepEqual(text(await backtrace(firmware, scripts, stop)), [
    'probe',
    'inner stätion.py:2',
    '<module> boot.py:3',
    'mp_execute_bytecode',
    'call',
    'main',
  ]);
});

/** Where on the stack the state of a function lies: the function, then its opcode. */
function callerState({ registers, stack }: RecordedStop, fun: number, ip: number): number {
  return (registers[13] ?? 0) + 4 * stack.findIndex((each, index) => each === fun && stack[index + 1] === ip);
}

test.serial('what was read is kept, that of the heap until a collection', async (t) => {
  if (missing.length > 0) return t.pass();
  const elf = build('cortex-m3', ['-g', '-Os']);
  const firmware = createSymbolizer(readFileSync(elf));
  const scripts = ScriptStacks.of(firmware, memoryOf(firmware));
  const [stop] = record(t, elf, 'cortex-m3');
  if (!scripts || !stop) return t.fail();
  const readsOf = async () => {
    read.reads = 0;
    t.deepEqual(text(await backtrace(firmware, scripts, stop)), SCRIPTS);
    return read.reads;
  };
  t.true((await readsOf()) > 5);
  t.is(await readsOf(), 0);
  scripts.forget();
  t.true((await readsOf()) > 3);
  t.is(await readsOf(), 0);
});

test.serial('no pointer of a damaged heap does harm: lists in circles, names without an end, nonsense', async (t) => {
  if (missing.length > 0) return t.pass();
  const elf = build('cortex-m3', ['-g', '-Os']);
  const firmware = createSymbolizer(readFileSync(elf));
  const [stop] = record(t, elf, 'cortex-m3');
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
  if (missing.length > 0) return t.pass();
  const stripped = build('cortex-m3', ['-g', '-Os'], ['--strip-debug']);
  t.is(
    ScriptStacks.of(createSymbolizer(readFileSync(stripped)), async () => undefined),
    undefined,
  );
});
