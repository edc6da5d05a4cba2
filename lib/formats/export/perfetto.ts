import type { Seq } from '../../base/units.js';
import { putVarint, varintLength } from '../../base/varint.js';
import type { Lifespans } from '../../trace/lifespans.js';
import { stackOfRow, stackRow } from '../../trace/stack-trie.js';
import type { Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { ProtobufWriter } from './protobuf-writer.js';
import {
  frameLabel,
  framesOfStack,
  StackSums,
  type StackWeights,
  stackWeights,
  usageAfterEvents,
} from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/**
 * A Perfetto trace: the bytes that are live as a counter over time, and heap profiles of the peak and of the end, whose flame graphs show what was
 * allocated and what is not freed by call stack.
 */
export const perfettoWriter: TraceWriter = {
  id: 'perfetto',
  title: 'Perfetto protobuf with heap profiles (ui.perfetto.dev)',
  extension: '.pftrace',
  isBinary: true,
  write: writePerfetto,
};

/** Field numbers of Perfetto's public .proto files. All packets are of one sequence, so that they share what is interned. */
const Packet = {
  processTree: 2,
  timestamp: 8,
  sequence: 10,
  trackEvent: 11,
  interned: 12,
  flags: 13,
  profile: 37,
  track: 60,
};
const INCREMENTAL_STATE_CLEARED = 1;
const NEEDS_INCREMENTAL_STATE = 2;
const Interned = { functionNames: 5, frames: 6, callstacks: 7, mappingPaths: 17, sourcePaths: 18, mappings: 19 };
const Frame = { iid: 1, functionName: 2, mapping: 3, relPc: 4, sourcePath: 5, line: 6 };
const Sample = { callstack: 1, allocated: 2, freed: 3, timestamp: 4, allocCount: 5, freeCount: 6 };
const TYPE_COUNTER = 4;
const UNIT_BYTES = 3;
const PID = 1;
const COUNTER_TRACK = 2;
const PIECE = 65_536;
const MAX_COUNTER_PACKET = 64;

function* writePerfetto(trace: Trace): Generator<Uint8Array> {
  const weights = stackWeights(trace);
  yield head(trace);
  yield* internedPackets(trace, weights);
  yield* counterPackets(trace, weights);
  // The end is not told twice where it is the fullest moment.
  const last = trace.eventCount - 1;
  const moments = weights.peakSeq === last ? [last] : [weights.peakSeq, last];
  for (const [index, seq] of moments.entries()) if (seq >= 0) yield profilePacket(trace, weights, { seq, index });
}

function packet(write: (into: ProtobufWriter) => void, into = new ProtobufWriter()): ProtobufWriter {
  return into.message(1, (inner) => {
    inner.number(Packet.sequence, 1);
    write(inner);
  });
}

/** The process, with what is doubtful of the trace in its name, and the track of the counter. */
function head(trace: Trace): Uint8Array {
  const name = `${trace.info.elf?.path ?? 'firmware'}${doubtSuffix(trace)}`;
  const out = packet((into) => {
    into.number(Packet.flags, INCREMENTAL_STATE_CLEARED).message(Packet.processTree, (tree) => {
      tree.message(1, (process) => process.number(1, PID).text(3, name));
    });
  });
  packet((into) => {
    into.message(Packet.track, (track) => {
      track.number(1, 1).message(3, (process) => process.number(1, PID).text(6, name));
    });
  }, out);
  packet((into) => {
    into.message(Packet.track, (track) => {
      track.number(1, COUNTER_TRACK).text(2, 'live bytes').number(5, 1);
      track.message(8, (counter) => counter.number(3, UNIT_BYTES));
    });
  }, out);
  return out.finish();
}

/** Ids are one higher than frame numbers plus one: 1 is for events without a backtrace. Stacks likewise. */
function* internedPackets(trace: Trace, { stacks }: StackWeights): Generator<Uint8Array> {
  const interned = (write: (into: ProtobufWriter) => void) =>
    packet((into) => {
      into.number(Packet.flags, NEEDS_INCREMENTAL_STATE).message(Packet.interned, write);
    }).finish();
  yield interned((into) => {
    into.message(Interned.mappingPaths, (path) => path.number(1, 1).text(2, trace.info.elf?.path ?? 'firmware'));
    into.message(Interned.mappings, (mapping) =>
      mapping
        .number(1, 1)
        .number(4, 0)
        .number(5, 2 ** 32)
        .number(7, 1),
    );
  });
  const paths = new Map<string, number>();
  for (let frame = -1; frame < trace.frames.count; frame++) {
    const { name, file, line, address } = frameLabel(trace, frame);
    const id = frame + 2;
    yield interned((into) => {
      into.message(Interned.functionNames, (text) => text.number(1, id).text(2, name));
      const isNewPath = file !== '' && !paths.has(file);
      if (isNewPath) paths.set(file, paths.size + 1);
      const path = paths.get(file) ?? 0;
      if (isNewPath) into.message(Interned.sourcePaths, (text) => text.number(1, path).text(2, file));
      into.message(Interned.frames, (one) => {
        one.number(Frame.iid, id).number(Frame.functionName, id).number(Frame.mapping, 1).number(Frame.relPc, address);
        if (path > 0) one.number(Frame.sourcePath, path);
        if (line > 0) one.number(Frame.line, line);
      });
    });
  }
  for (const { stack } of stacks) {
    yield interned((into) => {
      into.message(Interned.callstacks, (one) => {
        one.number(1, stack + 2);
        // Outermost first; not packed, as in all of Perfetto's older messages.
        for (const frame of framesOfStack(trace, stack).reverse()) one.number(2, frame + 2);
      });
    });
  }
}

/** Of every counter packet: its sequence, and the tag of its time; its type and track, and the tag of its value. */
const BEFORE_TIME = Uint8Array.of(Packet.sequence * 8, 1, Packet.timestamp * 8);
const BEFORE_VALUE = Uint8Array.of(9 * 8, TYPE_COUNTER, 11 * 8, COUNTER_TRACK, 0xf0, 0x01);

/** One packet an event: written by hand, as there are as many as events. */
function* counterPackets(trace: Trace, { spans }: StackWeights): Generator<Uint8Array> {
  const usage = usageAfterEvents(trace, spans);
  const out = new Uint8Array(PIECE);
  let length = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (length > PIECE - MAX_COUNTER_PACKET) {
      yield out.slice(0, length);
      length = 0;
    }
    const time = timeNs(trace, seq);
    const bytes = usage[seq] as number;
    // type, track_uuid, counter_value
    const event = 2 + 2 + 2 + varintLength(bytes);
    // trusted_packet_sequence_id, timestamp, track_event
    const all = 2 + 1 + varintLength(time) + 2 + event;
    out[length++] = 0x0a;
    out[length++] = all;
    for (let i = 0; i < BEFORE_TIME.length; i++) out[length++] = BEFORE_TIME[i] as number;
    length = putVarint(out, length, time);
    out[length++] = Packet.trackEvent * 8 + 2;
    out[length++] = event;
    for (let i = 0; i < BEFORE_VALUE.length; i++) out[length++] = BEFORE_VALUE[i] as number;
    length = putVarint(out, length, bytes);
  }
  yield out.slice(0, length);
}

/** What each stack had allocated, and given back of it, up to and with an event. */
function profilePacket(
  trace: Trace,
  { spans }: StackWeights,
  at: { readonly seq: Seq; readonly index: number },
): Uint8Array {
  const { order, allocated, freed } = sumsUpTo(trace, spans, at.seq);
  const time = timeNs(trace, at.seq);
  return packet((into) => {
    into.number(Packet.timestamp, time).number(Packet.flags, NEEDS_INCREMENTAL_STATE);
    into.message(Packet.profile, (profile) => {
      profile.message(5, (dump) => {
        dump.number(1, PID).number(3, 1).number(9, time);
        for (const row of order) {
          const [allocBytes, allocCount] = allocated.of(row);
          const [freeBytes, freeCount] = freed.of(row);
          dump.message(2, (sample) => {
            sample
              .number(Sample.callstack, stackOfRow(row, trace.stacks.count) + 2)
              .number(Sample.allocated, allocBytes)
              .number(Sample.freed, freeBytes);
            sample
              .number(Sample.timestamp, time)
              .number(Sample.allocCount, allocCount)
              .number(Sample.freeCount, freeCount);
          });
        }
      });
      profile.number(7, at.index);
    });
  }).finish();
}

/** What was allocated and freed, by the row of a stack, and the rows in the order in which they first allocated. */
function sumsUpTo({ events, stacks }: Trace, { count, startSeq, endSeq }: Lifespans, seq: Seq) {
  const [allocated, freed] = [new StackSums(stacks.count), new StackSums(stacks.count)];
  const order: number[] = [];
  for (let span = 0; span < count; span++) {
    const start = startSeq[span] as number;
    if (start > seq) break;
    const row = stackRow(events.stack[start] as number, stacks.count);
    const size = events.sizeBytes[start] as number;
    if (!allocated.has(row)) order.push(row);
    allocated.add(row, size);
    if ((endSeq[span] as number) <= seq) freed.add(row, size);
  }
  return { order, allocated, freed };
}

/** Nanoseconds on the source's clock, else the event's number in microseconds. */
function timeNs(trace: Trace, seq: Seq): number {
  const at = trace.events.atUs?.[seq];
  return Math.round((at === undefined || Number.isNaN(at) ? seq : at) * 1000);
}
