import test from 'ava';
import fc from 'fast-check';
import {
  fromStackPointer,
  MAX_GUESS_BYTES,
  MAX_STACK_BYTES,
  StackWindow,
} from '../../../lib/capture/direct/stack-window.js';

const TOP = 0x20004000;
const RAM = 0x20000000;

test('guesses nothing before a stack pointer was seen', (t) => {
  t.is(new StackWindow(TOP, RAM).predict(), undefined);
});

test('reaches from below the deepest stack of late to the top', (t) => {
  const window = new StackWindow(TOP, RAM);
  window.observe(TOP - 0x80);
  window.observe(TOP - 0x40);
  t.deepEqual(window.predict(), { address: TOP - 0x80 - 64, length: 0x80 + 64 });
});

test('forgets a deep stack after 64 events', (t) => {
  const window = new StackWindow(TOP, RAM);
  window.observe(TOP - 0x1000);
  for (let i = 0; i < 64; i++) window.observe(TOP - 0x20);
  t.is(window.predict()?.length, 0x20 + 64);
});

test('never asks for what lies below RAM, nor for more than its bound', (t) => {
  const small = new StackWindow(RAM + 0x100, RAM);
  small.observe(RAM + 0x10);
  t.deepEqual(small.predict(), { address: RAM, length: 0x100 });
  const large = new StackWindow(0x20100000, RAM);
  t.false(large.holds(0x20100000 - MAX_STACK_BYTES - 4));
  large.observe(0x20100000 - MAX_GUESS_BYTES + 64);
  t.is(large.predict()?.length, MAX_GUESS_BYTES);
});

test('a stack that is too deep for a guess is read after its pointer', (t) => {
  const window = new StackWindow(0x20100000, RAM);
  window.observe(0x20100000 - MAX_GUESS_BYTES);
  t.is(window.predict(), undefined);
  t.true(window.holds(0x20100000 - MAX_GUESS_BYTES));
});

test('an initial stack pointer is trusted after eight stacks that ended below it, a learnt end never', (t) => {
  const initial = new StackWindow(TOP, RAM);
  const learnt = new StackWindow(TOP, RAM, false);
  for (let seen = 1; seen <= 8; seen++) {
    t.false(initial.isTrusted);
    initial.agree();
    learnt.agree();
  }
  t.true(initial.isTrusted);
  t.false(learnt.isTrusted);
});

test('a stack outside of RAM belongs to no window', (t) => {
  const window = new StackWindow(TOP, RAM);
  for (const sp of [0, RAM - 4, TOP + 4, 0xfffffffc]) t.false(window.holds(sp), sp.toString(16));
});

test('addresses above 2^31 stay positive', (t) => {
  const window = new StackWindow(0xc0004000, 0xc0000000);
  window.observe(0xc0003f00);
  t.is(window.predict()?.address, 0xc0003ec0);
});

test('what was guessed always holds the next stack when that is not deeper than the slack', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 40 }),
        fc.nat(64),
        (depths, more) => {
          const window = new StackWindow(TOP, RAM);
          for (const depth of depths) window.observe(TOP - depth * 4);
          const range = window.predict();
          const sp = TOP - Math.max(...depths) * 4 - Math.min(more & ~3, 64);
          if (!range) return false;
          const copy = fromStackPointer(range, new Uint8Array(range.length), sp);
          return copy !== undefined && copy.length === TOP - sp;
        },
      ),
    ),
  );
});
