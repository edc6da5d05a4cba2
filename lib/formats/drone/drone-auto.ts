import { TraceFormatError } from '../../errors/errors.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder } from '../format.js';
import { DroneCandidate } from './drone-candidate.js';
import { DroneG0Decoder } from './drone-g0.js';
import { DroneG1Decoder } from './drone-g1.js';
import { DroneG2Decoder } from './drone-g2.js';
import type { DroneDecoder, DroneGeneration, DroneSink } from './drone-sink.js';
import { DroneG1Writer, DroneWriter } from './drone-writer.js';

/**
 * The offsets at which a stream may be decided, so that the result does not depend on how it was cut; at the last one
 * it must be (ambiguous inputs are tiny or all zeros in practice).
 */
const CHECKPOINTS = [64, 1024, 8192, 65_536] as const;

/** The guesses at the first bytes of a stream, in the order in which ties are decided. */
export function droneCandidates(options: ImportOptions, only?: DroneGeneration): DroneCandidate[] {
  const subject = options.subject ?? 'Drone OS heaptrace';
  const make = (open: (sink: DroneSink) => DroneDecoder) => new DroneCandidate(open, subject, options.heapSizeBytes);
  const all = [
    make((sink) => new DroneG1Decoder(sink, subject)),
    make((sink) => new DroneG0Decoder(sink, subject)),
    make((sink) => new DroneG0Decoder(sink, subject, true)),
    make((sink) => new DroneG2Decoder(sink, subject)),
  ];
  return only ? all.filter((candidate) => candidate.decoder.generation === only) : all;
}

/**
 * The likeliest guess: one that parses and frees nothing unknown, then one that parses, then the one that got furthest.
 * Of equals the first with most events.
 */
export function bestCandidate(candidates: readonly DroneCandidate[]): DroneCandidate | undefined {
  const rank = (candidate: DroneCandidate) => {
    if (candidate.failure) return candidate.decoder.offset;
    return (candidate.orphanAt < 0 ? 2 : 1) * 2 ** 40 + candidate.eventCount;
  };
  let best: DroneCandidate | undefined;
  for (const candidate of candidates) if (!best || rank(candidate) > rank(best)) best = candidate;
  return best;
}

/** Decodes a Drone OS heaptrace, finding its generation by itself unless one is named. */
export class DroneAutoDecoder implements TraceDecoder {
  private candidates: DroneCandidate[];
  private decoder: DroneDecoder | undefined;
  private writer: DroneWriter | undefined;
  private seenBytes = 0;
  private failed = false;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
    only?: DroneGeneration,
  ) {
    this.candidates = droneCandidates(options, only);
  }

  /** Undefined until enough was seen. */
  get generation(): DroneGeneration | undefined {
    return this.decoder?.generation;
  }

  /** @throws TraceFormatError HH1410, HH1411 or HH1412 where the bytes fit no generation; the events before it are kept. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (!this.decoder && at < chunk.length) {
      const checkpoint = CHECKPOINTS.find((offset) => offset > this.seenBytes) ?? Number.POSITIVE_INFINITY;
      const step = chunk.subarray(at, at + checkpoint - this.seenBytes);
      for (const candidate of this.candidates) candidate.feed(step);
      at += step.length;
      this.seenBytes += step.length;
      if (this.seenBytes === checkpoint) this.decideIfPossible(checkpoint);
    }
    if (at < chunk.length) this.decode(at === 0 ? chunk : chunk.subarray(at));
  }

  /** Bytes were lost here: a gap in the trace, and whatever frame was open is dropped. */
  lost(reason: string): void {
    if (!this.decoder && this.seenBytes > 0) this.decide();
    this.builder.add({ kind: 'gap', reason });
    this.decoder?.skipToNext();
  }

  end(): void {
    if (!this.decoder && this.seenBytes > 0) this.decide();
    if (!this.decoder || this.failed) return;
    const torn = this.decoder.unfinishedBytes();
    this.writer?.finish();
    if (torn === 0) return;
    const { offset } = this.decoder;
    this.builder.add({
      kind: 'gap',
      reason: `torn tail: ${torn} bytes of an unfinished record end at the input's end`,
    });
    this.builder.add({
      kind: 'note',
      code: 'torn-tail',
      text: `the input ends inside a record (its last whole word ends at byte ${offset}; ${torn} bytes are left over)`,
    });
  }

  private decideIfPossible(checkpoint: number): void {
    const left = this.candidates.filter((candidate) => !candidate.failure);
    const only = left.length === 1 ? left[0] : undefined;
    if (left.length === 0 || (only && only.eventCount > 0) || checkpoint === CHECKPOINTS.at(-1)) this.decide();
  }

  private decide(): void {
    const best = bestCandidate(this.candidates);
    if (!best) return;
    const { generation } = best.decoder;
    this.candidates = [];
    this.writer =
      generation === 'G1'
        ? new DroneG1Writer(this.builder, this.options.dropInnerPairs ?? false)
        : new DroneWriter(this.builder, generation);
    this.decoder = best.handOver(this.writer);
    if (best.orphanAt >= 0) this.noteOrphan(best.orphanAt);
    if (best.failure) this.giveUp(best.failure);
  }

  private noteOrphan(offset: number): void {
    this.builder.add({
      kind: 'note',
      code: 'drone-orphan-free',
      text: `a free before byte ${offset} names a size that nothing allocated: the trace starts late or is corrupted`,
    });
  }

  private decode(chunk: Uint8Array): void {
    if (this.failed) return;
    try {
      this.decoder?.push(chunk);
    } catch (error) {
      this.giveUp(error);
    }
  }

  private giveUp(error: unknown): never {
    this.failed = true;
    this.writer?.finish();
    if (error instanceof TraceFormatError) this.builder.add({ kind: 'gap', reason: error.message });
    throw error;
  }
}
