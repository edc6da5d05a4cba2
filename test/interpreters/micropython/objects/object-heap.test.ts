import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { ObjectMap } from '../../../../lib/analysis/objects/object-map.js';
import { micropythonObjects } from '../../../../lib/interpreters/micropython/objects/micropython-objects.js';
import { SegmentType } from '../../../../lib/symbols/elf-tables.js';
import { createSymbolizer, type Symbolizer } from '../../../../lib/symbols/symbolizer.js';
import type { ObjectGraph } from '../../../../lib/trace/object-graph.js';
import { buildArm } from '../../../support/arm-build.js';

/** The heap of test/fixtures/object-heap.c: what its memory holds when nothing has run. */
let firmware: Symbolizer;
let ram: { readonly address: number; readonly bytes: Uint8Array };

test.before(() => {
  ({ firmware, ram } = build());
});

function build(...defines: readonly string[]) {
  const places = ['-Wl,-Ttext=0x1000', '-Wl,-Tdata=0x20000000', '-Wl,-e,gc_collect_start'];
  const flags = ['-g', '-mcpu=cortex-m3', '-nostdlib', ...places, ...defines];
  const firmware = createSymbolizer(readFileSync(buildArm({ sources: ['test/fixtures/object-heap.c'], flags })));
  const { bytes, segments } = firmware.elfFile;
  const data = segments.find(({ type, address }) => type === SegmentType.load && address === 0x20000000);
  if (!data) throw new Error('no .data');
  const contents = Uint8Array.from(bytes.subarray(data.offset, data.offset + data.fileBytes));
  return { firmware, ram: { address: data.address, bytes: contents } };
}

async function graphOf(memory: Uint8Array, sp?: number): Promise<ObjectGraph> {
  const read = (address: number, length: number) => {
    const at = address - ram.address;
    return Promise.resolve(at >= 0 && at + length <= memory.length ? memory.subarray(at, at + length) : undefined);
  };
  const graph = await micropythonObjects(firmware, read, sp === undefined ? undefined : { registers: [], sp });
  if (!graph || 'problem' in graph) throw new Error(graph?.problem ?? 'no heap');
  return graph;
}

const placeOf = (name: string) => firmware.symbol(name)?.address ?? 0;

test('the blocks of a heap, their types, and the names on the way to them', async (t) => {
  const map = new ObjectMap(await graphOf(ram.bytes, placeOf('stack')));
  const pool = placeOf('pool');
  const told = (block: number) => {
    const { type, path, sizeBytes, state } = map.why(map.blockAt(pool + 16 * block));
    return [type, sizeBytes, state, path];
  };
  t.is(map.graph.count, 13);
  t.is(map.graph.unsure, undefined);
  const dogs = "__main__.__dict__['dogs']";
  t.deepEqual(told(0), ['dict table', 32, 'held', '__main__.__dict__']);
  t.deepEqual(told(2), ['dict', 16, 'held', dogs]);
  t.deepEqual(told(4), ['Dog', 16, 'held', `${dogs} -> dict['rex']`]);
  t.deepEqual(told(5), ['class Dog', 32, 'held', `${dogs} -> dict['rex'] -> Dog.base.type`]);
  t.deepEqual(told(8), ['list', 16, 'held', `${dogs} -> dict['rex'] -> Dog.tricks`]);
  t.deepEqual(told(10), ['block', 16, 'held', `${dogs} -> dict['rex'] -> Dog.tricks -> list[0]`]);
  // The collector takes what is left behind the last item for a pointer, too.
  t.deepEqual(told(11), ['block', 16, 'held', `${dogs} -> dict['rex'] -> Dog.tricks -> list+0x4`]);
  t.deepEqual(told(14), ['list', 16, 'held', 'mp_state_ctx.vm.listeners']);
  t.regex(String(told(12)[3]), /^stack 0x/);
  t.is(map.blockAt(pool + 16 * 15), -1);
  t.is(map.why(map.blockAt(pool + 16 * 8)).retainedBytes, 4 * 16);
});

test('without the stack what it holds seems to be garbage, and it is said so', async (t) => {
  const graph = await graphOf(ram.bytes);
  const map = new ObjectMap(graph);
  const pool = placeOf('pool');
  t.deepEqual(
    [12, 13].map((block) => map.stateOf(map.blockAt(pool + 16 * block))),
    ['garbage', 'garbage'],
  );
  t.regex(graph.unsure ?? '', /stack and registers are not known/);
});

test("in another thread its own stack is read, up to its state, and it is said that others' are not", async (t) => {
  const { firmware: threaded, ram: memory } = build('-DTHREADS');
  const read = (address: number, length: number) => {
    const at = address - memory.address;
    return Promise.resolve(
      at >= 0 && at + length <= memory.bytes.length ? memory.bytes.subarray(at, at + length) : undefined,
    );
  };
  const sp = threaded.symbol('thread_stack')?.address ?? 0;
  const graph = await micropythonObjects(threaded, read, { registers: [], sp });
  if (!graph || 'problem' in graph) return t.fail();
  const stack = graph.texts.filter((text) => text.startsWith('stack '));
  // The state's own members come after the frames; what lies behind it is another's.
  t.deepEqual(stack, [`stack 0x${(sp + 4).toString(16)}`]);
  t.is(graph.unsure, 'the stacks of other threads are not read');
});

test('a heap that the collector is at work in is marked as not sure', async (t) => {
  const table = firmware.symbolsByPrefix('table')[0]?.address ?? 0;
  const memory = ram.bytes.slice();
  memory[table - ram.address] = 0x5b;
  t.regex((await graphOf(memory, placeOf('stack'))).unsure ?? '', /the collector was at work/);
});

test('whatever the memory holds, the graph is bounded by the heap and the ways in it end', async (t) => {
  const at = fc.nat(ram.bytes.length - 1);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(at, fc.nat(255)), { maxLength: 40 }), async (changes) => {
      const memory = ram.bytes.slice();
      for (const [place, value] of changes) memory[place] = value;
      let graph: ObjectGraph;
      try {
        graph = await graphOf(memory, placeOf('stack'));
      } catch {
        // The heap's variables were among what changed.
        return;
      }
      const map = new ObjectMap(graph);
      for (let block = 0; block < Math.min(graph.count, 64); block++) map.why(block);
      t.true(map.types().length <= graph.count);
    }),
    { numRuns: 60 },
  );
});
