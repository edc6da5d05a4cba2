import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { HEADER_BYTES } from '../../lib/trace/journal-format.js';
import { JournalReader, readJournal } from '../../lib/trace/journal-reader.js';
import { JournalWriter } from '../../lib/trace/journal-writer.js';
import type { Trace } from '../../lib/trace/trace.js';
import { eventAt } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { anyRecords } from '../support/random-trace.js';

/** What a trace says, free of how it is stored. */
function contents(trace: Trace) {
  const { info, marks, gaps, epochs, notes, regions, rawSamples } = trace;
  const events = Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq));
  return { info, marks, gaps, epochs, notes, regions, rawSamples, events };
}

function written(records: readonly TraceRecord[], flushEvery: number): { bytes: Uint8Array; trace: Trace } {
  const builder = new TraceBuilder({ source: 'test' });
  const chunks: Uint8Array[] = [];
  const writer = new JournalWriter(builder, (bytes) => chunks.push(bytes.slice()));
  records.forEach((record, i) => {
    writer.add(record, 0);
    if (i % flushEvery === 0) writer.flush(0);
  });
  writer.end(0);
  return { bytes: Buffer.concat(chunks), trace: builder.build() };
}

function readInPieces(bytes: Uint8Array, piece: number): Trace {
  const reader = new JournalReader();
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  reader.end();
  return reader.builder.build();
}

test('a journal gives back every record, whole, byte by byte and in sevens', (t) => {
  fc.assert(
    fc.property(anyRecords, fc.integer({ min: 1, max: 9 }), (records, flushEvery) => {
      const { bytes, trace } = written(records, flushEvery);
      for (const piece of [1, 7, bytes.length]) t.deepEqual(contents(readInPieces(bytes, piece)), contents(trace));
    }),
    { numRuns: 60 },
  );
});

test('raw samples are kept, and the journal alone holds them while it is written', (t) => {
  const records = Array.from({ length: 50 }, (_, seq): TraceRecord[] => [
    { kind: 'alloc', address: seq * 16, sizeBytes: 16 },
    {
      kind: 'raw',
      sample: {
        seq,
        registers: Uint32Array.from({ length: 17 }, (__, i) => i * seq),
        stackAddress: 0x2000_0000 - seq * 4,
        stack: Uint8Array.from({ length: 64 + seq * 4 }, (__, i) => i ^ seq),
      },
    },
  ]).flat();
  const { bytes, trace } = written(records, 7);
  t.is(trace.rawSamples.length, 0);
  const samples = records.flatMap((record) => (record.kind === 'raw' ? [record.sample] : []));
  for (const piece of [1, 7, bytes.length]) t.deepEqual(readInPieces(bytes, piece).rawSamples, samples);
});

test('a trace saved as a whole is read back as it was', (t) => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const builder = new TraceBuilder({ source: 'test', unitBytes: 16 });
      for (const record of records) builder.add(record);
      const trace = builder.build();
      t.deepEqual(contents(readJournal(Buffer.concat(journalBytes(trace))).build()), contents(trace));
    }),
    { numRuns: 40 },
  );
});

test('a journal cut at any byte keeps a prefix of the events and says where it was torn', (t) => {
  const records: TraceRecord[] = Array.from({ length: 40 }, (_, i) => ({
    kind: 'alloc',
    address: 0x2000_0000 + i * 32,
    sizeBytes: 16,
    backtrace: [{ address: 0x100 + i, functionName: `f${i}`, file: 'a.c', line: i }],
  }));
  const { bytes, trace } = written(records, 3);
  let most = 0;
  for (let cut = HEADER_BYTES; cut < bytes.length; cut++) {
    const partial = readJournal(bytes.subarray(0, cut)).build();
    t.false(partial.info.complete);
    t.true(partial.gaps.length > 0);
    t.true(partial.eventCount >= most, 'more bytes never give fewer events');
    most = partial.eventCount;
    if (most > 0) t.deepEqual(eventAt(partial, most - 1), eventAt(trace, most - 1));
  }
  t.is(most, 40);
});

test('a damaged chunk ends the journal there, with the events before it kept', (t) => {
  const records: TraceRecord[] = Array.from({ length: 20 }, (_, i) => ({
    kind: 'alloc',
    address: i * 16,
    sizeBytes: 16,
  }));
  const { bytes } = written(records, 5);
  const damaged = bytes.slice();
  const at = Math.floor(bytes.length / 2);
  damaged[at] = (damaged[at] ?? 0) ^ 0x40;
  const trace = readJournal(damaged).build();
  t.true(trace.eventCount > 0 && trace.eventCount < 20);
  t.regex(trace.gaps[0]?.reason ?? '', /^damaged at byte \d+: /);
});

test('mutated journals never throw anything but TraceFormatError', (t) => {
  const records: TraceRecord[] = Array.from({ length: 30 }, (_, i) => ({
    kind: 'alloc',
    address: i * 16,
    sizeBytes: 16,
  }));
  const { bytes } = written(records, 4);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 5 }), (edits) => {
      const mutated = bytes.slice();
      for (const [at, value] of edits) mutated[at] = value;
      try {
        readJournal(mutated);
      } catch (error) {
        if (!(error instanceof TraceFormatError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
  t.true(bytes.length > 0);
});

test('another file is refused with what was found', (t) => {
  const error = t.throws(() => readJournal(new TextEncoder().encode('[{"start_block": 2}]'), 'x.json'), {
    instanceOf: TraceFormatError,
  });
  t.is(error?.message, 'x.json: byte 0: found 5b 7b 22 73 74 61 72 74, expected a journal ("HHJRNL")');
  t.throws(() => readJournal(new Uint8Array(0)), { message: /found an empty file/ });
});

test('a later version is refused by number', (t) => {
  const { bytes } = written([], 1);
  const later = bytes.slice();
  later[8] = 9;
  t.throws(() => readJournal(later), { message: /found journal version 9, expected 1/ });
});
