import test from 'ava';
import { literalAddress, simulateThumb } from '../../../lib/arch/arm/thumb-step.js';

const [N, Z, C, V, T] = [0x80000000, 0x40000000, 0x20000000, 0x10000000, 0x01000000];

function registers(changes: Readonly<Record<number, number>> = {}): Uint32Array {
  const all = Uint32Array.from({ length: 17 }, (_, index) => 0x1000 + index);
  all[13] = 0x2000_1000;
  all[14] = 0x0000_0301;
  all[15] = 0x0000_0200;
  all[16] = T;
  for (const [index, value] of Object.entries(changes)) all[Number(index)] = value;
  return all;
}

/** The changed registers as `r4=1 pc=202`, and what is stored. Encodings are those of arm-none-eabi-as. */
function effect(first: number, changes?: Readonly<Record<number, number>>, second = 0, literal?: number): string {
  const code = { word: (first | (second << 16)) >>> 0, ...(literal === undefined ? {} : { literal }) };
  const found = simulateThumb(code, registers(changes));
  if (!found) return 'not simulated';
  const names: Record<number, string> = { 13: 'sp', 14: 'lr', 15: 'pc', 16: 'xpsr' };
  const written = [...found.registers].map(([index, value]) => `${names[index] ?? `r${index}`}=${value.toString(16)}`);
  const stored = found.memory
    ? [`[${found.memory.address.toString(16)}]=${found.memory.words.map((w) => w.toString(16))}`]
    : [];
  return [...written, ...stored].join(' ');
}
const flags = (value: number) => `xpsr=${((value | T) >>> 0).toString(16)}`;

test('mov between any registers leaves the flags', (t) => {
  t.is(effect(0x4604), 'r4=1000 pc=202', 'mov r4, r0');
  t.is(effect(0x4680), 'r8=1000 pc=202', 'mov r8, r0');
  t.is(effect(0x467b), 'r3=204 pc=202', 'mov r3, pc');
  t.is(effect(0x4687), 'not simulated', 'mov pc, r0');
  t.is(effect(0x4685), 'not simulated', 'mov sp, r0');
});

test('movs and shifts by 0 set N and Z and keep C and V', (t) => {
  t.is(effect(0x2400, { 16: T | C | V | N }), `r4=0 ${flags(Z | C | V)} pc=202`, 'movs r4, #0');
  t.is(effect(0x0004, { 0: 0x80000000 }), `r4=80000000 ${flags(N)} pc=202`, 'movs r4, r0');
  t.is(effect(0x0044), 'not simulated', 'lsls r4, r0, #1');
});

test('cmp and adds and subs set all four flags as the processor does', (t) => {
  t.is(effect(0x2900, { 1: 0 }), `${flags(Z | C)} pc=202`, 'cmp r1, #0 of 0');
  t.is(effect(0x2908, { 1: 5 }), `${flags(N)} pc=202`, 'cmp r1, #8 of 5');
  t.is(effect(0x2901, { 1: 0x80000000 }), `${flags(C | V)} pc=202`, 'cmp r1, #1 of the smallest');
  t.is(effect(0x1c44, { 0: 0x7fffffff }), `r4=80000000 ${flags(N | V)} pc=202`, 'adds r4, r0, #1');
  t.is(effect(0x1e04, { 0: 0 }), `r4=0 ${flags(Z | C)} pc=202`, 'subs r4, r0, #0');
});

test('push stores the lowest register at the lowest address', (t) => {
  t.is(effect(0xb510), 'sp=20000ff8 pc=202 [20000ff8]=1004,301', 'push {r4, lr}');
  t.is(effect(0xe92d, {}, 0x4ff0).split(' ').slice(0, 2).join(' '), 'sp=20000fdc pc=204', 'push {r4-r11, lr}');
  t.is(effect(0xe92d, {}, 0x8010), 'not simulated', 'a list with pc');
});

test('branches on zero go forward, loads from the code take the literal', (t) => {
  t.is(effect(0xb118, { 0: 0 }), 'pc=20a', 'cbz r0, .+10 taken');
  t.is(effect(0xb118), 'pc=202', 'cbz r0, .+10 not taken');
  t.is(effect(0xb918), 'pc=20a', 'cbnz r0, .+10 taken');
  t.is(effect(0xe7fe), 'pc=200', 'b .');
  t.is(literalAddress(0x4b02, 0x1f9c), 0x1fa8, 'ldr r3, [pc, #8]');
  t.is(effect(0x4b02, {}, 0, 0xcafe), 'r3=cafe pc=202');
  t.is(effect(0xb082), 'sp=20000ff8 pc=202', 'sub sp, #8');
});

test('what may be conditional or is not known runs on the processor', (t) => {
  t.is(effect(0x4604, { 16: T | 0x0000_0800 }), 'not simulated', 'inside of an IT block');
  t.is(effect(0x6028), 'not simulated', 'str r0, [r5]');
  t.is(effect(0x4770), 'not simulated', 'bx lr');
  t.is(simulateThumb({ word: 0x4604 }, registers().slice(0, 16)), undefined, 'no xPSR');
});
