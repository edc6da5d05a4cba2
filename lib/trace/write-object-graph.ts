import type { JournalChunks } from './journal-chunks.js';
import { ChunkType } from './journal-format.js';
import type { ObjectGraph } from './object-graph.js';
import { objectGraphBytes } from './object-graph-bytes.js';

/** Writes a graph as one packed chunk (docs/journal.md); read by `readObjectGraph`. */
export function writeObjectGraph(chunks: JournalChunks, graph: ObjectGraph): void {
  const bytes = objectGraphBytes(graph);
  const packed = chunks.pack(bytes);
  chunks.send(ChunkType.objectGraph, (payload) => {
    payload.varint(bytes.length);
    payload.bytes(packed);
  });
}
