import test from 'ava';
import type { HeapBlock, HeapWalk } from '../../../lib/allocators/heap-walk.js';
import { ObjectMap } from '../../../lib/analysis/objects/object-map.js';
import { mallocGraph } from '../../../lib/capture/objects/malloc-graph.js';
import { createSymbolizer } from '../../../lib/symbols/symbolizer.js';
import { buildElf } from '../../support/elf-builder.js';

const BLOCK_BYTES = 16;
const block = (start: number): HeapBlock => {
  return { start, pointer: start + 8, end: start + 8 + BLOCK_BYTES, usableBytes: BLOCK_BYTES, used: true };
};
const region = (start: number) => ({ name: 'heap', start, end: start + 0x100, servesMalloc: true });

/** A firmware whose variables take 16 bytes at an address, and what a halted target holds: words by their address, zeros elsewhere. */
function halted(variables: number, words: Readonly<Record<number, number>>) {
  const writable = { name: '.bss', flags: 3, address: variables, bytes: new Uint8Array(16) };
  const read = async (address: number, length: number) => {
    const view = new DataView(new ArrayBuffer(length));
    for (const [at, value] of Object.entries(words)) {
      const offset = Number(at) - address;
      if (offset >= 0 && offset + 4 <= length) view.setUint32(offset, value, true);
    }
    return new Uint8Array(view.buffer);
  };
  return { firmware: createSymbolizer(buildElf({ sections: [writable] })), read };
}

test('a variable between two regions of a heap holds its block as one outside of it does', async (t) => {
  const [first, second, third] = [block(0x20000000), block(0x20002000), block(0x20002040)];
  const walk: HeapWalk = {
    blocks: [first, second, third],
    regions: [region(first.start), region(second.start)],
    growthBytes: 0,
    detail: '',
  };
  const { firmware, read } = halted(0x20001000, { 536875012: second.pointer });
  const graph = await mallocGraph(firmware, read, { walk, starts: [], processor: { registers: [], sp: 0x20001800 } });
  const map = new ObjectMap(graph);
  t.deepEqual(
    [0, 1, 2].map((index) => map.stateOf(index)),
    ['leaked', 'held', 'leaked'],
  );
  t.is(map.why(1).path, '0x20001004');
});

test("what a heap in the program's own variables holds besides blocks is no variable", async (t) => {
  const [first, second] = [block(0x20001000), block(0x20001000 + 8 + BLOCK_BYTES)];
  const walk: HeapWalk = { blocks: [first, second], growthBytes: 0, detail: '' };
  // The allocator's own header of the first block.
  const { firmware, read } = halted(0x20001000, { 536875008: second.pointer });
  const graph = await mallocGraph(firmware, read, { walk, starts: [], processor: { registers: [], sp: 0x20000800 } });
  t.is(new ObjectMap(graph).stateOf(1), 'leaked');
});
