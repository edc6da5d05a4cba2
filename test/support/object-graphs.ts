import fc from 'fast-check';
import { type ObjectGraph, ObjectGraphBuilder, ROOT_KINDS, type RootKind } from '../../lib/trace/object-graph.js';

/** A root as `kind label -> block`, an edge as `block label -> block`; `=>` points into the inside. Blocks are letters, 16 bytes each from 0x1000 on. */
export function graphOf(
  blocks: readonly string[],
  lines: readonly string[],
  about: Partial<Pick<ObjectGraph, 'heap' | 'beforeSeq' | 'unsure'>> = {},
): ObjectGraph {
  const builder = new ObjectGraphBuilder();
  const names = blocks.map((block) => block.split(':')[0] ?? '');
  blocks.forEach((block, index) => {
    builder.addBlock(0x1000 + 16 * index, 16);
    builder.setType(index, block.split(':')[1] ?? '');
  });
  const parsed = lines.map((line) => {
    const [, from = '', label = '', arrow = '', to = ''] = /^(\S+) (.*?) ?([-=]>) (\S+)$/.exec(line) ?? [];
    return { from, edge: { to: names.indexOf(to), label, inside: arrow === '=>' } };
  });
  for (const { from, edge } of parsed) if (!names.includes(from)) builder.addRoot(from as RootKind, edge);
  for (const name of names) {
    for (const { from, edge } of parsed) if (from === name) builder.addEdge(edge);
    builder.endBlock();
  }
  return builder.build({ heap: 'objects', beforeSeq: 0, ...about });
}

/** Small graphs, with rings, pointers into the inside of blocks, and blocks that nothing holds. */
export const anyGraph: fc.Arbitrary<ObjectGraph> = fc
  .record({
    count: fc.integer({ min: 1, max: 12 }),
    edges: fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.boolean()), { maxLength: 40 }),
    roots: fc.array(fc.tuple(fc.nat(11), fc.constantFrom(...ROOT_KINDS)), { maxLength: 4 }),
  })
  .map(({ count, edges, roots }) => {
    const names = Array.from({ length: count }, (_, index) => `n${index}`);
    return graphOf(names, [
      ...roots.map(([to, kind]) => `${kind} r -> n${to % count}`),
      ...edges.map(([from, to, inside]) => `n${from % count} e ${inside ? '=>' : '->'} n${to % count}`),
    ]);
  });

/** A graph with its texts in their places: where they stand in the table says nothing. */
export function toldGraph(graph: ObjectGraph) {
  const { texts, type, edgeLabel, rootLabel, ...rest } = graph;
  const textsOf = (indices: Int32Array) => [...indices].map((index) => texts[index]);
  return { ...rest, type: textsOf(type), edgeLabel: textsOf(edgeLabel), rootLabel: textsOf(rootLabel) };
}
