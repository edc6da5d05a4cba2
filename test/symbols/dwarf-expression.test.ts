import test from 'ava';
import { type ExpressionContext, evaluateExpression, evaluateLocation } from '../../lib/symbols/dwarf-expression.js';

const context: ExpressionContext = {
  littleEndian: true,
  addressBytes: 4,
  register: (number) => (number < 16 ? 0x100 + number : undefined),
  memory: (address, sizeBytes) => (address < 0x1000 ? address * 10 + sizeBytes : undefined),
};
const run = (...bytes: number[]) => evaluateExpression(Uint8Array.from(bytes), undefined, context);

test('computes with constants, registers and memory', (t) => {
  t.is(run(0x35), 5); // lit5
  t.is(run(0x08, 0xff), 255); // const1u
  t.is(run(0x09, 0xff), 0xffffffff); // const1s
  t.is(run(0x0a, 0x34, 0x12), 0x1234); // const2u
  t.is(run(0x0b, 0xfe, 0xff), 0xfffffffe); // const2s
  t.is(run(0x0c, 1, 0, 0, 0x80), 0x80000001); // const4u
  t.is(run(0x0d, 0xff, 0xff, 0xff, 0xff), 0xffffffff); // const4s
  t.is(run(0x0e, 1, 0, 0, 0, 1, 0, 0, 0), 1); // const8u, cut to the address size
  t.is(run(0x10, 0x80, 1), 128); // constu
  t.is(run(0x11, 0x7f), 0xffffffff); // consts
  t.is(run(0x03, 0x78, 0x56, 0x34, 0x12), 0x12345678); // addr
  t.is(run(0x7d, 4), 0x111); // breg13 +4
  t.is(run(0x92, 14, 0x7c), 0x10a); // bregx r14 -4
  t.is(run(0x32, 0x06), 24); // deref of 2
  t.is(run(0x32, 0x94, 1), 21); // deref_size
  t.is(run(0x32, 0x23, 0x80, 1), 130); // plus_uconst
});

test('arranges the stack and branches', (t) => {
  t.is(run(0x33, 0x12, 0x1e), 9); // dup mul
  t.is(run(0x33, 0x34, 0x13), 3); // drop
  t.is(run(0x33, 0x34, 0x14, 0x1c), 1); // over minus: 4 - 3
  t.is(run(0x33, 0x34, 0x35, 0x15, 2, 0x22), 8); // pick
  t.is(run(0x33, 0x35, 0x16, 0x1c), 2); // swap: 5 - 3
  t.is(run(0x31, 0x32, 0x33, 0x17, 0x1c), 0xffffffff); // rot gives 3 1 2: 1 - 2
  t.is(run(0x31, 0x28, 1, 0, 0x33, 0x34), 4); // bra over lit3
  t.is(run(0x2f, 1, 0, 0x33, 0x34), 4); // skip over lit3
  t.is(run(0x34, 0x96, 0x9f), 4); // nop, stack_value
});

test('computes as wide as an address', (t) => {
  const binary = (opcode: number, left: number, right: number) => run(0x11, left & 0x7f, 0x11, right & 0x7f, opcode);
  t.is(binary(0x1b, -6, 4), 0xffffffff); // div rounds to zero
  t.is(binary(0x1d, 7, 4), 3);
  t.is(binary(0x1a, 6, 3), 2);
  t.is(binary(0x21, 6, 3), 7);
  t.is(binary(0x27, 6, 3), 5);
  t.is(binary(0x24, 1, 31), 0x80000000);
  t.is(binary(0x25, -1, 28), 15);
  t.is(binary(0x26, -8, 2), 0xfffffffe);
  t.deepEqual(
    [0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e].map((opcode) => binary(opcode, -1, 1)),
    [0, 0, 0, 1, 1, 1],
  );
  t.is(run(0x31, 0x1f), 0xffffffff);
  t.is(run(0x30, 0x20), 0xffffffff);
  t.is(run(0x11, 0x7f, 0x19), 1);
  const wide = { ...context, addressBytes: 8 as const };
  t.is(evaluateExpression(Uint8Array.from([0x31, 0x08, 40, 0x24]), undefined, wide), 2 ** 40);
});

test('starts with the CFA where the rule says so, and does not know what it was not given', (t) => {
  t.is(evaluateExpression(Uint8Array.from([0x34, 0x1c]), 0x2000, context), 0x1ffc);
  t.is(run(0x92, 40, 0), undefined);
  t.is(run(0x0a, 0, 0x20, 0x06), undefined);
});

test('refuses loops, overflow, underflow, division by zero and unknown operations', (t) => {
  for (const bytes of [
    [0x2f, 0xfd, 0xff],
    Array(100).fill(0x30),
    [0x22],
    [0x31, 0x30, 0x1b],
    [0x31, 0x30, 0x1d],
    [0x31, 0x31, 0xff],
  ]) {
    t.throws(() => run(...bytes), { code: 'HH1309' });
  }
  t.throws(() => run(0x0c, 1), { code: 'HH1302' });
});

test('computes with what only a frame of a function knows', (t) => {
  const ofFrame = (base: number | undefined, ...bytes: number[]) =>
    evaluateLocation(Uint8Array.from(bytes), {
      ...context,
      frame: { base: () => base, cfa: 0x200, entryValue: ([inner]) => (inner === 0x50 ? 7 : undefined) },
    });
  t.deepEqual(ofFrame(0x300, 0x91, 0x7c), { value: 0x2fc, isValue: false }, 'fbreg -4');
  t.deepEqual(
    ofFrame(0x30, 0x91, 0, 0x06, 0x31, 0x22, 0x9f),
    { value: 0x1e5, isValue: true },
    'what lies there, and 1',
  );
  t.is(ofFrame(undefined, 0x91, 0), undefined, 'fbreg of no base');
  t.deepEqual(ofFrame(0, 0x9c, 0x34, 0x1c), { value: 0x1fc, isValue: false }, 'call_frame_cfa - 4');
  t.deepEqual(ofFrame(0, 0xa3, 1, 0x50, 0x23, 5, 0x9f), { value: 12, isValue: true }, 'the argument, and 5');
  t.deepEqual(ofFrame(0, 0xf3, 1, 0x50, 0x9f), { value: 7, isValue: true }, "GNU's entry_value");
  t.is(ofFrame(0, 0xa3, 1, 0x51, 0x9f), undefined, 'of a register that the call site does not tell');
  // A constant that looks like stack_value is none.
  t.deepEqual(ofFrame(0, 0x08, 0x9f), { value: 0x9f, isValue: false });
  t.throws(() => evaluateLocation(Uint8Array.from([0x91, 0]), context), { code: 'HH1309' });
});
