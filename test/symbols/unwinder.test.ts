import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import type { StackEnd, UnwoundStack } from '../../lib/symbols/unwinder.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { type RecordedStop, recordStops } from '../support/gdb-backtraces.js';
import { notRun } from '../support/not-run.js';

const PROGRAMS = 'test/symbols/programs';
const STACK_TOP = 0x20004000;
const missing = missingTools(['arm-none-eabi-gcc', 'arm-none-eabi-objcopy', 'gdb-multiarch', 'qemu-system-arm']);

interface Recording {
  readonly symbolizer: Symbolizer;
  readonly stops: readonly RecordedStop[];
}

/** The build run under gdb; undefined, said aloud, where a tool is not installed. */
function record(t: ExecutionContext, cpu: string, build: Partial<ArmBuild>, stops: number): Recording | undefined {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const { flags = [], objcopy = [] } = build;
  const all = [`-mcpu=${cpu}`, ...flags];
  const elf = buildArm({ sources: [`${PROGRAMS}/stacks.c`], script: `${PROGRAMS}/program.ld`, flags: all, objcopy });
  const machine = cpu === 'cortex-m0' ? 'microbit' : 'mps2-an385';
  const recorded = recordStops(elf, { machine, breakpoint: '*probe', stops, stackTop: STACK_TOP });
  t.is(recorded.length, stops);
  return { symbolizer: createSymbolizer(readFileSync(elf)), stops: recorded };
}

function unwind(symbolizer: Symbolizer, stop: RecordedStop): UnwoundStack {
  const base = stop.registers[13] ?? 0;
  return symbolizer.unwind(stop.registers, (address) => stop.stack[(address - base) / 4]);
}

function backtrace(symbolizer: Symbolizer, stack: UnwoundStack): string[] {
  return stack.frames.flatMap((frame) =>
    symbolizer.sourcesOf(frame).map((place) => {
      return place.file === undefined ? place.functionName : `${place.functionName} at ${place.file}:${place.line}`;
    }),
  );
}

const equalsGdb = test.macro({
  exec(t, cpu: string, flags: readonly string[]) {
    const recording = record(t, cpu, { flags }, 24);
    if (!recording) return;
    const { symbolizer, stops } = recording;
    const ends = new Map<string, number>();
    for (const stop of stops) {
      const stack = unwind(symbolizer, stop);
      ends.set(stack.end, (ends.get(stack.end) ?? 0) + 1);
      const mine = backtrace(symbolizer, stack);
      // qemu 7.2 gives gdb no process stack pointer, so gdb goes on from address 0 and shows frames that are not there.
      const theirs = stack.end === 'no-psp' ? stop.backtrace.slice(0, mine.length) : stop.backtrace;
      t.deepEqual(mine, theirs);
    }
    t.log(Object.fromEntries(ends));
    t.deepEqual(Object.fromEntries(ends), { main: 22, 'no-psp': 2 });
    t.deepEqual(symbolizer.problems, []);
  },
  title: (_, cpu: string, flags: readonly string[]) =>
    `unwinds every kind of stack to gdb's backtrace: ${cpu} ${flags.join(' ')}`,
});

for (const cpu of ['cortex-m0', 'cortex-m3']) {
  test(equalsGdb, cpu, ['-Og', '-g']);
  test(equalsGdb, cpu, ['-Os', '-g', '-gdwarf-4']);
  test(equalsGdb, cpu, ['-O2', '-g']);
}

test('adds the frames that tail calls took off the stack', (t) => {
  const recording = record(t, 'cortex-m3', { flags: ['-Os', '-g'] }, 12);
  if (!recording) return;
  const { symbolizer, stops } = recording;
  const inTailEnd = stops.find((stop) => stop.backtrace[1]?.startsWith('tail_end'));
  t.truthy(inTailEnd);
  const stack = inTailEnd && unwind(symbolizer, inTailEnd);
  const frames = stack?.frames.map((frame) => `${frame.kind} ${symbolizer.sourcesOf(frame)[0]?.functionName}`);
  t.deepEqual(frames, ['normal probe', 'normal tail_end', 'tail tail_middle', 'tail tail_start', 'normal main']);
});

test('marks frames that were found without call frame information as guessed', (t) => {
  const recording = record(t, 'cortex-m3', { flags: ['-Og', '-g'], objcopy: ['--strip-debug'] }, 12);
  if (!recording) return;
  const { symbolizer, stops } = recording;
  t.false(symbolizer.hasDebugInfo);
  for (const stop of stops) {
    const stack = unwind(symbolizer, stop);
    if (stack.end === 'no-psp') continue;
    const names = backtrace(symbolizer, stack);
    t.deepEqual(names, stop.backtrace);
    t.is(names.at(-1), 'main');
    t.true(stack.frames.every((frame) => frame.certainty === 'guessed'));
  }
});

test('unwinds with .ARM.exidx where there is nothing else', (t) => {
  const build = { flags: ['-Os', '-g', '-funwind-tables', '-fno-ipa-sra'], objcopy: ['--strip-debug'] };
  const recording = record(t, 'cortex-m3', build, 12);
  if (!recording) return;
  const { symbolizer, stops } = recording;
  for (const stop of stops) {
    const stack = unwind(symbolizer, stop);
    if (stack.end === 'no-psp') continue;
    t.is(stack.end, 'main');
    t.deepEqual(backtrace(symbolizer, stack), stop.backtrace);
  }
});

test('goes through an exception on the process stack when its pointer is given', (t) => {
  const recording = record(t, 'cortex-m3', { flags: ['-Og', '-g'] }, 12);
  if (!recording) return;
  const { symbolizer, stops } = recording;
  const stop = stops.find((candidate) => unwind(symbolizer, candidate).end === 'no-psp');
  const top = symbolizer.symbol('process_stack');
  t.truthy(stop);
  t.truthy(top);
  if (!stop || !top) return;
  // What the hardware and the program push on the process stack, from its top down: thread's and call_exception's frames.
  const psp = top.address + top.sizeBytes - 16 - 32;
  const thread = symbolizer.symbol('thread');
  const caller = symbolizer.symbol('call_exception');
  const words = [0, 0, 0, 0, 0, (thread?.address ?? 0) + 7, (caller?.address ?? 0) + 2, 0x01000000];
  const base = stop.registers[13] ?? 0;
  const read = (address: number) =>
    address >= psp && address < psp + 32 ? words[(address - psp) / 4] : stop.stack[(address - base) / 4];
  const stack = symbolizer.unwind(stop.registers, read, { psp });
  const names = stack.frames.map((frame) => symbolizer.sourcesOf(frame)[0]?.functionName);
  t.deepEqual(names.slice(0, 5), ['probe', 'SVC_Handler', '<signal handler called>', 'call_exception', 'thread']);
});

const tasks = test.macro({
  exec(t, lr: string, end: StackEnd, names: readonly string[]) {
    const recording = record(t, 'cortex-m3', { flags: ['-Os', '-g', `-DTASK_LR=${lr}`] }, 2);
    if (!recording) return;
    const { symbolizer, stops } = recording;
    for (const stop of stops) {
      const stack = unwind(symbolizer, stop);
      t.is(stack.end, end);
      t.deepEqual(backtrace(symbolizer, stack), stop.backtrace);
      t.deepEqual(
        stack.frames.map((frame) => symbolizer.sourcesOf(frame)[0]?.functionName),
        names,
      );
    }
  },
  title: (_, lr: string) => `ends at a task that was started with ${lr} in lr`,
});

test(tasks, '0', 'zero-pc', ['probe', 'task', '??']);
test(tasks, '0xffffffff', 'corrupt', ['probe', 'task', '<signal handler called>']);
test(tasks, '0xa5a5a5a5', 'no-rule', ['probe', 'task', '??']);

test('tells which address it needs, and how deep it may go', (t) => {
  const recording = record(t, 'cortex-m3', { flags: ['-Og', '-g'] }, 1);
  const stop = recording?.stops[0];
  if (!recording || !stop) return;
  const { symbolizer } = recording;
  const base = stop.registers[13] ?? 0;
  const shallow = symbolizer.unwind(stop.registers, (address) =>
    address < base + 8 ? stop.stack[(address - base) / 4] : undefined,
  );
  t.is(shallow.end, 'no-memory');
  t.true((shallow.needs?.address ?? 0) >= base + 8);
  const whole = unwind(symbolizer, stop);
  t.true(whole.frames.length > shallow.frames.length);
  t.deepEqual(whole.frames.slice(0, shallow.frames.length - 1), shallow.frames.slice(0, -1));
  const limited = symbolizer.unwind(stop.registers, (address) => stop.stack[(address - base) / 4], { maxDepth: 2 });
  t.is(limited.end, 'depth');
  t.is(limited.frames.length, 2);
  const past = symbolizer.unwind(stop.registers, (address) => stop.stack[(address - base) / 4], { pastMain: true });
  t.is(past.end, 'entry');
  t.is(
    backtrace(symbolizer, past)
      .at(-1)
      ?.replace(/ at .*/, ''),
    'Reset_Handler',
  );
});
