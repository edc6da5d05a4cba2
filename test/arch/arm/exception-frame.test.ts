import test from 'ava';
import { isExceptionReturn, undoException } from '../../../lib/arch/arm/exception-frame.js';

const MSP = 0x20001000;
const PSP = 0x20002000;

/** The interrupted registers for an EXC_RETURN, with a hardware frame of 1..8 (xPSR given) at a place. */
function undo(excReturn: number, at: number, status = 0x01000000, psp: number | undefined = PSP) {
  const frame = [1, 2, 3, 4, 12, 0x501, 0x601, status];
  const read = (address: number) => {
    const index = (address - at) / 4;
    return index >= 0 && index < 8 ? frame[index] : index < 0 && index >= -10 ? 0x100 + index : undefined;
  };
  const registers = Array.from({ length: 16 }, (_, index) => index * 0x10);
  registers[13] = MSP;
  const out: number[] = [];
  const failure = undoException({ excReturn, registers, psp, read }, out);
  return failure ?? [...out];
}

test('pops the hardware frame from the main or the process stack', (t) => {
  for (const [excReturn, at] of [
    [0xfffffff1, MSP],
    [0xfffffff9, MSP],
    [0xfffffffd, PSP],
  ] as const) {
    t.deepEqual(undo(excReturn, at), [
      1,
      2,
      3,
      4,
      0x40,
      0x50,
      0x60,
      0x70,
      0x80,
      0x90,
      0xa0,
      0xb0,
      12,
      at + 32,
      0x501,
      0x600,
    ]);
  }
});

test('counts floating-point registers and alignment', (t) => {
  const sp = (result: ReturnType<typeof undo>) => (Array.isArray(result) ? result[13] : undefined);
  t.is(sp(undo(0xffffffe9, MSP)), MSP + 104);
  t.is(sp(undo(0xffffffed, PSP)), PSP + 104);
  t.is(sp(undo(0xffffffe1, MSP)), MSP + 104);
  t.is(sp(undo(0xfffffff9, MSP, 0x01000200)), MSP + 36);
  t.is(sp(undo(0xffffffed, PSP, 0x01000200)), PSP + 108);
});

test('skips the secure additional state of Armv8-M and restores r4 to r11 from it', (t) => {
  // 0xffffffd9: bit 5 clear, secure code that interrupted secure code. The hardware frame lies 40 bytes above the stack pointer.
  const result = undo(0xffffffd9, MSP + 40);
  t.true(Array.isArray(result));
  if (!Array.isArray(result)) return;
  t.is(result[13], MSP + 72);
  t.deepEqual(
    result.slice(4, 12),
    [-8, -7, -6, -5, -4, -3, -2, -1].map((index) => 0x100 + index),
  );
});

test('says what it is missing', (t) => {
  t.deepEqual(undo(0xfffffff9, 0), { needs: MSP });
  const registers = Array(16).fill(0);
  t.deepEqual(undoException({ excReturn: 0xfffffffd, registers, psp: undefined, read: () => 0 }, []), {
    missing: 'psp',
  });
});

test('tells EXC_RETURN from code', (t) => {
  t.true([0xfffffff1, 0xffffffe9, 0xffffffbc].every(isExceptionReturn));
  t.false([0, 0x08000100, 0x20000000, 0xe000ed00].some(isExceptionReturn));
});
