import { type PackZlib, storedZlib } from '../base/stored-zlib.js';
import { ByteWriter } from './byte-writer.js';
import type { RawSample } from './heap-event.js';
import { type BatchRows, NOTHING_WRITTEN, rowsOfTrace, writeBatch, writtenAll } from './journal-batch.js';
import { JournalChunks } from './journal-chunks.js';
import { ChunkType, type SideRecord } from './journal-format.js';
import { writePacked } from './pack-samples.js';
import { writeRawSample } from './raw-samples.js';
import type { Trace } from './trace.js';
import { writeObjectGraph } from './write-object-graph.js';

/** Keep chunks far below the size that readers take for damage. */
const BATCH_EVENTS = 1 << 18;
const SAMPLE_BYTES = 1 << 20;

/**
 * A whole trace as journal bytes, with everything that it holds. The pieces come in order; joined they are the file. `pack` packs the chunks that are
 * packed; without it they hold their bytes as they are.
 */
export function journalPieces(trace: Trace, pack: PackZlib = storedZlib): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const chunks = new JournalChunks((bytes) => pieces.push(bytes.slice()), pack);
  chunks.json(ChunkType.info, trace.info);
  writeEvents(chunks, rowsOfTrace(trace));
  for (const record of sideRecords(trace)) chunks.json(ChunkType.side, record);
  for (const graph of trace.graphs) writeObjectGraph(chunks, graph);
  writeSamples(chunks, trace.rawSamples);
  chunks.json(ChunkType.end, { eventCount: trace.eventCount });
  return pieces;
}

/** The names and stacks come with the first batch. */
function writeEvents(chunks: JournalChunks, source: BatchRows): void {
  const all = writtenAll(source);
  if (all.events + all.strings + all.frames + all.stacks === 0) return;
  for (let from = NOTHING_WRITTEN; from === NOTHING_WRITTEN || from.events < all.events; ) {
    const to = { ...all, events: Math.min(all.events, from.events + BATCH_EVENTS) };
    const part = from;
    chunks.send(ChunkType.batch, (payload) => writeBatch(payload, source, { from: part, to, liveBytes: 0 }));
    from = to;
  }
}

function* sideRecords({ marks, gaps, epochs, notes, levels, regions }: Trace): Generator<SideRecord> {
  for (const mark of marks) yield { kind: 'mark', ...mark };
  for (const gap of gaps) yield { kind: 'gap', ...gap };
  for (const epoch of epochs) yield { kind: 'epoch', ...epoch };
  for (const note of notes) yield { kind: 'note', ...note };
  for (const level of levels) yield { kind: 'level', ...level };
  for (const region of regions) yield { kind: 'region', beforeSeq: 0, region };
}

/** Each chunk of samples can be read without those before it. */
function writeSamples(chunks: JournalChunks, samples: readonly RawSample[]): void {
  const pending = new ByteWriter();
  let previous: RawSample | undefined;
  const flush = () => {
    writePacked(chunks, pending);
    previous = undefined;
  };
  for (const sample of samples) {
    writeRawSample(pending, sample, previous);
    previous = sample;
    if (pending.length >= SAMPLE_BYTES) flush();
  }
  flush();
}
