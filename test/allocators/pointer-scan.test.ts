import test from 'ava';
import { scanPointers } from '../../lib/allocators/pointer-scan.js';
import { ObjectMap } from '../../lib/analysis/objects/object-map.js';

function words(address: number, values: readonly number[]) {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  return { address, bytes };
}

const BLOCK = (pointer: number, usableBytes = 16) => ({ pointer, usableBytes });

/** A variable holds A, A holds B by its end; the stack holds C; D and E hold each other; a register holds the inside of F, and F holds G. */
const HEAP = scanPointers({
  blocks: [0x100, 0x120, 0x140, 0x160, 0x180, 0x1a0, 0x1c0, 0x1e0].map((pointer) => BLOCK(pointer)),
  contents: [
    words(0x100, [0, 0, 0, 0x120]),
    words(0x120, [0x120, 0, 0, 0]),
    words(0x160, [0x180]),
    words(0x180, [0, 0x160]),
    words(0x1a0, [0x1c0]),
  ],
  roots: [
    { ...words(0x20, [7, 0x100, 0x130, 0xfff]), kind: 'static', nameOf: (at) => `head+${at - 0x20}` },
    { ...words(0x400, [0x140]), kind: 'stack', nameOf: () => 'stack' },
  ],
  registers: [{ name: 'r4', value: 0x1a8 }],
  starts: new Set(),
  free: new Set(),
});

test('what variables, stacks, registers and other blocks point to is alive; the rest has leaked, rings of it too', (t) => {
  const map = new ObjectMap(HEAP);
  const states = Array.from({ length: HEAP.count }, (_, block) => map.stateOf(block));
  t.deepEqual(states, ['held', 'held', 'held', 'leaked', 'leaked', 'inside', 'inside', 'leaked']);
  t.is(map.why(1).path, 'head+4 -> block+0xc');
  t.is(map.why(5).path, 'register r4');
});

test('behind the end of a block lies no pointer to it, and an address that a caller got within a block is its beginning', (t) => {
  const root = words(0x20, [0x110]);
  const scan = (usableBytes: number, starts: readonly number[], free: readonly number[] = []) =>
    scanPointers({
      blocks: [BLOCK(0x100, usableBytes)],
      contents: [],
      roots: [{ ...root, kind: 'static', nameOf: () => 'head' }],
      registers: [],
      starts: new Set(starts),
      free: new Set(free),
    });
  t.is(new ObjectMap(scan(16, [])).stateOf(0), 'leaked');
  t.is(new ObjectMap(scan(32, [])).stateOf(0), 'inside');
  t.is(new ObjectMap(scan(32, [0x110])).stateOf(0), 'held');
  // The allocator's own pointer to the free block behind it.
  t.is(new ObjectMap(scan(20, [], [0x110])).stateOf(0), 'leaked');
});
