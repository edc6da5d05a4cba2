import type { ByteWriter } from './byte-writer.js';
import type { JournalChunks } from './journal-chunks.js';
import { ChunkType } from './journal-format.js';

/** Writes samples (each as its difference to the one before) as one packed chunk, and empties `samples`. */
export function writePacked(chunks: JournalChunks, samples: ByteWriter): void {
  if (samples.length === 0) return;
  const packed = chunks.pack(samples.view());
  chunks.send(ChunkType.packedRaw, (payload) => {
    payload.varint(samples.length);
    payload.bytes(packed);
  });
  samples.clear();
}
