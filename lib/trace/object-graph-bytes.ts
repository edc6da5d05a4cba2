import { ByteWriter } from './byte-writer.js';
import type { ObjectGraph } from './object-graph.js';

/** A graph as bytes, not packed; read by `graphFromBytes`. */
export function objectGraphBytes(graph: ObjectGraph): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(graph.beforeSeq);
  writer.byte(graph.heap === 'objects' ? 0 : 1);
  writer.text(graph.unsure ?? '');
  writer.varint(graph.texts.length);
  for (const text of graph.texts) writer.text(text);
  writeBlocks(writer, graph);
  writer.varint(graph.rootTo.length);
  for (let root = 0; root < graph.rootTo.length; root++) {
    writer.varint((graph.rootTo[root] ?? 0) * 2 + (graph.rootInside[root] ?? 0));
    writer.varint(graph.rootLabel[root] ?? 0);
    writer.byte(graph.rootKind[root] ?? 0);
  }
  return writer.take();
}

/** Addresses as differences; what a block points to as the difference to itself. */
function writeBlocks(writer: ByteWriter, graph: ObjectGraph): void {
  writer.varint(graph.count);
  let before = 0;
  for (let block = 0; block < graph.count; block++) {
    const address = graph.address[block] ?? 0;
    const [from = 0, to = 0] = [graph.firstEdge[block], graph.firstEdge[block + 1]];
    writer.varint(address - before);
    before = address;
    writer.varint(graph.sizeBytes[block] ?? 0);
    writer.varint(graph.type[block] ?? 0);
    writer.varint(to - from);
    for (let edge = from; edge < to; edge++) {
      writer.signedVarint((graph.edgeTo[edge] ?? 0) - block);
      writer.varint((graph.edgeLabel[edge] ?? 0) * 2 + (graph.edgeInside[edge] ?? 0));
    }
  }
}
