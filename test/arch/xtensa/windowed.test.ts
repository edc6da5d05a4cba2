import test from 'ava';
import fc from 'fast-check';
import type { WindowCaller } from '../../../lib/arch/register-windows.js';
import { windowCallerOf } from '../../../lib/arch/xtensa/windowed/caller.js';
import { AR0, PC, PS, WINDOW_BASE, WINDOW_START } from '../../../lib/arch/xtensa/windowed/registers.js';
import { XTENSA_WINDOWED } from '../../../lib/arch/xtensa/windowed/windowed.js';
import { WINDOWED_CODE, WindowedMachine } from '../../support/windowed-machine.js';

interface FoundFrame {
  readonly pc: number;
  readonly sp: number;
  readonly registers: readonly number[];
}

/** The callers of what runs, innermost first, and how the walk ended. */
function callersOf(words: ArrayLike<number>, memory: ReadonlyMap<number, number>): [FoundFrame[], WindowCaller] {
  const frames: FoundFrame[] = [];
  let registers: ArrayLike<number> = words;
  for (;;) {
    const out: number[] = [];
    const read = (address: number) => memory.get(address);
    const found = windowCallerOf({ registers, isTop: frames.length === 0, code: WINDOWED_CODE, read }, out);
    if (found.kind !== 'caller') return [frames, found];
    frames.push({ pc: out[PC] ?? 0, sp: out[1] ?? 0, registers: out });
    registers = out;
  }
}

const expectedOf = (machine: WindowedMachine) =>
  [...machine.calls].reverse().map(({ returnAddress, sp }) => [returnAddress, sp]);

const placesOf = (frames: readonly FoundFrame[]) => frames.map(({ pc, sp }) => [pc, sp]);

type Step = { readonly increment: number; readonly frameBytes: number } | { readonly returns: number } | 'work';

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        increment: fc.integer({ min: 1, max: 3 }),
        // An extra save area of 48 bytes and the outgoing base save area fit always.
        frameBytes: fc.integer({ min: 4, max: 20 }).map((units) => units * 16),
      }),
    },
    { weight: 1, arbitrary: fc.record({ returns: fc.integer({ min: 1, max: 24 }) }) },
    { weight: 1, arbitrary: fc.constant('work' as const) },
  ),
  { minLength: 1, maxLength: 80, size: 'max' },
);

/** Does a step, but for the `entry` of a call; what registers hold is different everywhere. */
function begin(machine: WindowedMachine, step: Step, seed: number): void {
  if (step === 'work') {
    for (let register = 2; register < 16; register++) machine.set(register, seed * 16 + register);
  } else if ('returns' in step) {
    for (let count = 0; count < step.returns && machine.depth > 0; count++) machine.ret();
  } else {
    for (let register = 2; register < step.increment * 4; register++) machine.set(register, seed * 16 + register);
    machine.call(step.increment);
  }
}

for (const ars of [64, 32] as const) {
  test(`whatever calls and returns there were, exactly the calls are found: ${ars} registers`, (t) => {
    let spills = 0;
    let refills = 0;
    fc.assert(
      fc.property(steps, (sequence) => {
        const machine = new WindowedMachine(ars);
        for (const [seed, step] of sequence.entries()) {
          begin(machine, step, seed + 1);
          if (machine.isAtEntry) check(machine);
          if (machine.isAtEntry && typeof step === 'object' && 'increment' in step) machine.entry(step.frameBytes);
          check(machine);
        }
        spills += machine.spills;
        refills += machine.refills;
      }),
      { numRuns: 30 },
    );
    t.true(spills > 100 && refills > 100, `${spills} windows spilled, ${refills} brought back`);

    function check(machine: WindowedMachine): void {
      const [frames, end] = callersOf(machine.words(), machine.memory);
      // As text: it is compared some ten thousand times.
      const found = `${placesOf(frames).join(' ')} ${end.kind}`;
      const expected = `${expectedOf(machine).join(' ')} outermost`;
      if (found !== expected) t.is(found, expected);
    }
  });
}

test('after all windows were spilled, as by a gdbstub in the firmware, the calls are those that they were', (t) => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const machine = new WindowedMachine();
      for (const [seed, step] of sequence.entries()) {
        begin(machine, step, seed + 1);
        if (machine.isAtEntry && typeof step === 'object' && 'increment' in step) machine.entry(step.frameBytes);
      }
      machine.spillAll();
      // ESP-IDF's gdbstub sends the window alone, as if it began at register 0.
      const words = machine.words();
      const shown = new Uint32Array(words.length).fill(0xdeadbeef);
      shown.set(words.subarray(0, WINDOW_BASE));
      shown.set([0, 1], WINDOW_BASE);
      shown.set(words.subarray(0, 16), AR0);
      const [frames] = callersOf(shown, machine.memory);
      t.deepEqual(placesOf(frames), expectedOf(machine));
    }),
    { numRuns: 40 },
  );
});

test('what a function keeps in its registers over a call is found in its frame, spilled or not', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 40, size: 'max' }),
      (increments) => {
        const machine = new WindowedMachine();
        for (const [depth, increment] of increments.entries()) {
          begin(machine, { increment, frameBytes: 64 }, depth + 1);
          machine.entry(64);
        }
        const [frames] = callersOf(machine.words(), machine.memory);
        for (const [at, { registers }] of frames.entries()) {
          const depth = increments.length - at;
          const kept = (increments[depth - 1] ?? 1) * 4;
          const values = Array.from({ length: kept - 2 }, (_, index) => depth * 16 + 2 + index);
          t.deepEqual(registers.slice(2, kept), values, `call ${depth} of ${increments.join(' ')}`);
        }
      },
    ),
    { numRuns: 40 },
  );
});

/** Words by hand: what is not said is 0. */
function wordsOf(values: Readonly<Record<number, number>>, ars = 64): Uint32Array {
  const words = new Uint32Array(AR0 + ars);
  for (const [index, value] of Object.entries(values)) words[Number(index)] = value;
  XTENSA_WINDOWED.windows?.show(words);
  return words;
}

test('at `entry` the arguments and the return address are where the call has left them: call4, call8, call12', (t) => {
  for (const [increment, register] of [
    [1, 4],
    [2, 8],
    [3, 12],
  ] as const) {
    // WINDOWBASE 14: the window is registers 56 to 63 and 0 to 7.
    const base = 56;
    const words = wordsOf({ [WINDOW_BASE]: 14, [WINDOW_START]: 1 << 14, [PS]: increment << 16 });
    const { returnAddress, arguments: places } = XTENSA_WINDOWED.callAt(words);
    const at = (offset: number) => AR0 + ((base + register + offset) % 64);
    t.is(returnAddress, at(0), `call${register}`);
    t.deepEqual(places, [at(2), at(3), at(4), at(5)]);
    // The call that stands before the place where it comes back tells where the result is.
    const back = 0x400d0000 + increment * 16;
    t.is(XTENSA_WINDOWED.resultAt(WINDOWED_CODE, back, words), at(2));
  }
});

test('a return address leads to the code region of the function that returns', (t) => {
  const { returnsTo } = XTENSA_WINDOWED;
  t.is(returnsTo(0x800d1234, 0x400d5678), 0x400d1234, 'call8, flash of an ESP32');
  t.is(returnsTo(0x42001234, 0x42005678), 0x42001234, 'call4, flash of an ESP32-S3');
  t.is(returnsTo(0xd0001234, 0x10005678), 0x10001234, 'call12, the lowest region');
});

test('the words of another core, or of another order, are refused', (t) => {
  const show = (values: Readonly<Record<number, number>>, ars = 64) => {
    const words = new Uint32Array(AR0 + ars);
    for (const [index, value] of Object.entries(values)) words[Number(index)] = value;
    return XTENSA_WINDOWED.windows?.show(words);
  };
  t.is(show({ [WINDOW_BASE]: 15, [WINDOW_START]: 0x8001, [PS]: 0x60f3f }), undefined);
  t.regex(show({ [WINDOW_BASE]: 16 }) ?? '', /windowbase 0x10/);
  t.regex(show({ [WINDOW_START]: 0x10000 }) ?? '', /windowstart 0x10000/);
  t.regex(show({ [PS]: 0x400d0000 }) ?? '', /ps 0x400d0000/);
  t.regex(show({ [WINDOW_BASE]: 8 }, 32) ?? '', /which 32 registers cannot have/);
});

test('an interrupt: its entry makes it look as if what it interrupted had called by call4, and that is where the walk goes on', (t) => {
  // The dispatcher (at 0x40080004, no `entry` of a function that was called) was entered at 0x400d0027, where no call stands.
  const interrupted = 0x400d0027;
  const words = wordsOf({
    [PC]: 0x40080004,
    [WINDOW_BASE]: 3,
    [WINDOW_START]: 1 << 3,
    [AR0 + 12]: (interrupted & 0x3fffffff) | 0x40000000,
    [AR0 + 13]: 0x3ffb0000,
  });
  // What it interrupted: called by call8 from 0x400d0060, with a frame of 48 bytes.
  const memory = new Map([
    [0x3ffb0000 - 16, 0x800d0060],
    [0x3ffb0000 - 12, 0x3ffb1000],
    [0x3ffb0000 - 8, 11],
    [0x3ffb0000 - 4, 12],
    [0x3ffb1000 - 16, 0],
    [0x3ffb1000 - 12, 0x3ffb1030],
    [0x3ffb1000 - 8, 0],
    [0x3ffb1000 - 4, 0],
  ]);
  // Its caller's a4 to a7 are at the end of that one's frame, which its own caller's stack pointer tells.
  memory.set(0x3ffb1030 - 12, 0x3ffb2000);
  for (let address = 0x3ffb2000 - 32; address < 0x3ffb2000 - 16; address += 4) memory.set(address, 4);
  const out: number[] = [];
  const read = (address: number) => memory.get(address);
  t.deepEqual(windowCallerOf({ registers: words, isTop: true, code: WINDOWED_CODE, read }, out), {
    kind: 'interrupted',
  });
  t.is(out[PC], interrupted);
  t.deepEqual(out.slice(0, 4), [0x800d0060, 0x3ffb1000, 11, 12]);
  const next: number[] = [];
  t.deepEqual(windowCallerOf({ registers: out, isTop: true, code: WINDOWED_CODE, read }, next), { kind: 'caller' });
  t.deepEqual([next[PC], next[1]], [0x400d0060, 0x3ffb1030]);
});

test('in a vector nothing tells of a caller; what no call can have left is no caller', (t) => {
  const at = (values: Readonly<Record<number, number>>) =>
    windowCallerOf({ registers: wordsOf(values), isTop: true, code: WINDOWED_CODE, read: () => undefined }, []);
  // PS.EXCM
  t.deepEqual(at({ [PC]: 0x40080004, [PS]: 0x10, [AR0]: 0x800d0020 }), { kind: 'no-rule' });
  // A call8 says that it came from where a call4 stands.
  t.deepEqual(at({ [PC]: 0x40080004, [WINDOW_START]: 1, [AR0]: 0x800d0010 }), { kind: 'corrupt' });
  // Between the two windows of a call12 another begins.
  const start = (1 << 5) | (1 << 4) | (1 << 2);
  t.deepEqual(at({ [PC]: 0x40080004, [WINDOW_BASE]: 5, [WINDOW_START]: start, [AR0 + 20]: 0xc00d0030 }), {
    kind: 'corrupt',
  });
  // The stack is not there.
  t.deepEqual(at({ [PC]: 0x40080004, [WINDOW_START]: 1, [AR0]: 0x800d0020, [AR0 + 1]: 0x3ffb0000 }), {
    kind: 'no-memory',
    needs: 0x3ffb0000 - 16,
  });
  // call0 leaves the window where it is.
  t.deepEqual(at({ [PC]: 0x40080004, [WINDOW_START]: 1, [AR0]: 0x000d0020 }), { kind: 'plain' });
});
