import test from 'ava';
import fc from 'fast-check';
import { retainedSizes } from '../../../lib/analysis/objects/dominators.js';
import { ObjectMap } from '../../../lib/analysis/objects/object-map.js';
import type { ObjectGraph } from '../../../lib/trace/object-graph.js';
import { reachable } from '../../../lib/trace/reachable.js';
import { anyGraph, graphOf } from '../../support/object-graphs.js';

/** `main.__dict__['dogs']`, a dict with one dog, whose tricks are a list of two strings; beside it what nothing holds. */
const DOGS = graphOf(
  [
    'm:dict table',
    'd:dict',
    't:dict table',
    'g:Dog',
    'a:attributes of Dog',
    'l:list',
    'i:list items',
    's:str',
    'u:str',
    'x:list',
    'y:str',
  ],
  [
    'named __main__.__dict__ -> m',
    "m ['dogs'] -> d",
    'd  -> t',
    "t ['rex'] -> g",
    'g  -> a',
    'a .tricks -> l',
    'l  -> i',
    'i [0] -> s',
    'i [1] -> u',
    'x [0] -> y',
    'y +0x0 -> x',
    'stack stack0x20 -> s',
  ],
);

test('the way to a block is told by names: objects by their types, their storage not at all', (t) => {
  const map = new ObjectMap(DOGS);
  const why = map.why(map.blockAt(0x1085));
  t.is(why.path, "__main__.__dict__['dogs'] -> dict['rex'] -> Dog.tricks -> list[1]");
  t.deepEqual([why.type, why.state, why.root, why.retainedBytes], ['str', 'held', 'named', 16]);
  t.is(map.shapeOf(map.blockAt(0x1080)), '__main__.__dict__[*] -> dict[*] -> Dog.tricks -> list[*]');
});

test('what a root with a name holds is told by it, however near the stack is', (t) => {
  const map = new ObjectMap(DOGS);
  t.is(map.why(7).path, "__main__.__dict__['dogs'] -> dict['rex'] -> Dog.tricks -> list[0]");
});

test("what nothing holds is garbage, a ring of it too; in an allocator's heap it has leaked", (t) => {
  const map = new ObjectMap(DOGS);
  t.deepEqual(
    [map.why(9).state, map.why(10).state, map.why(9).path, map.why(9).retainedBytes],
    ['garbage', 'garbage', '', 0],
  );
  t.is(new ObjectMap({ ...DOGS, heap: 'blocks' }).why(10).state, 'leaked');
  t.deepEqual(
    map.types().find(({ type }) => type === 'str'),
    { type: 'str', count: 3, bytes: 48, unheldCount: 1, unheldBytes: 16 },
  );
});

test('a block retains what only it holds: the list its storage and one string, not the one that the stack holds as well', (t) => {
  const map = new ObjectMap(DOGS);
  t.deepEqual([map.why(5).retainedBytes, map.why(5).retainedCount], [48, 3]);
  t.is(map.why(7).retainedBytes, 16);
  t.is(map.why(0).retainedBytes, 8 * 16);
});

test('a module begins the way anew, by its own name', (t) => {
  const graph = graphOf(
    ['m:dict table', 's:module station', 'g:dict', 't:dict table', 'c:dict'],
    ['named sys.modules -> m', "m ['station'] -> s", 's .__dict__ -> g', 'g  -> t', "t ['cache'] -> c"],
  );
  t.is(new ObjectMap(graph).why(4).path, "station.__dict__['cache']");
});

test('what only pointers into the inside hold is told as such, and what hangs on it', (t) => {
  const graph = graphOf(['a', 'b', 'c'], ['static head -> a', 'a +0x4 => b', 'b +0x0 -> c'], { heap: 'blocks' });
  const map = new ObjectMap(graph);
  t.deepEqual(
    [0, 1, 2].map((block) => map.stateOf(block)),
    ['held', 'inside', 'inside'],
  );
  t.is(map.why(2).path, 'head -> block+0x4 -> block+0x0');
});

test('an address before, between and behind the blocks lies in none', (t) => {
  const map = new ObjectMap(graphOf(['a', 'b'], []));
  t.deepEqual(
    [0xfff, 0x1000, 0x101f, 0x1020].map((address) => map.blockAt(address)),
    [-1, 0, 1, -1],
  );
});

/** What the roots reach when one block is not there. */
function reachedWithout(graph: ObjectGraph, without: number): Set<number> {
  const found = new Set<number>();
  const left = [...graph.rootTo];
  for (let block = left.pop(); block !== undefined; block = left.pop()) {
    if (block === without || found.has(block)) continue;
    found.add(block);
    left.push(...graph.edgeTo.subarray(graph.firstEdge[block], graph.firstEdge[block + 1]));
  }
  return found;
}

test('of any graph a block retains what is not reached without it', (t) => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const reach = reachable(graph);
      const all = reachedWithout(graph, -1);
      t.deepEqual(
        [...reach.level].map((level) => level > 0),
        [...reach.level].map((_, block) => all.has(block)),
      );
      const { bytes, count } = retainedSizes(graph, reach);
      for (const block of all) {
        const lost = all.size - reachedWithout(graph, block).size;
        t.deepEqual([count[block], bytes[block]], [lost, 16 * lost]);
      }
    }),
    { numRuns: 300 },
  );
});

test('a chain as long as a heap is followed without recursion', (t) => {
  const count = 200_000;
  const ring = Int32Array.from({ length: count }, (_, block) => (block + 1) % count);
  const graph: ObjectGraph = {
    ...graphOf(['a'], ['static r -> a']),
    count,
    address: Float64Array.from({ length: count }, (_, block) => 16 * block),
    sizeBytes: new Float64Array(count).fill(16),
    type: new Int32Array(count),
    firstEdge: Int32Array.from({ length: count + 1 }, (_, block) => block),
    edgeTo: ring,
    edgeLabel: new Int32Array(count),
    edgeInside: new Uint8Array(count),
  };
  const map = new ObjectMap(graph);
  t.is(map.why(0).retainedCount, count);
  t.is(map.why(count - 1).retainedCount, 1);
});
