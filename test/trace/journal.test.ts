import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { crc32 } from '../../lib/trace/crc32.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { JournalFile } from '../../lib/trace/journal-file.js';
import { ChunkType, HEADER_BYTES } from '../../lib/trace/journal-format.js';
import { JournalReader, readJournal } from '../../lib/trace/journal-reader.js';
import { JournalWriter } from '../../lib/trace/journal-writer.js';
import type { Trace } from '../../lib/trace/trace.js';
import { EventKind, eventAt } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { VarintReader } from '../../lib/trace/varint-reader.js';
import { anyRecords } from '../support/random-trace.js';
import { tempFolder } from '../support/temp-folder.js';

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

/** Allocations in chunks of five, each event with a stack of its own. */
function inFives(count: number): { bytes: Uint8Array; trace: Trace; chunks: number[] } {
  const builder = new TraceBuilder({ source: 'test' });
  const chunks: Uint8Array[] = [];
  const writer = new JournalWriter(builder, (bytes) => chunks.push(bytes.slice()));
  for (let i = 0; i < count; i++) {
    const backtrace = [{ address: 0x100 + i, functionName: `f${i}`, file: 'a.c', line: i + 1 }];
    writer.add({ kind: 'alloc', address: 0x2000_0000 + i * 16, sizeBytes: 16, backtrace }, 0);
    if (i % 5 === 4) writer.flush(0);
  }
  writer.end(0);
  const lengths = chunks.map((chunk) => chunk.length);
  // No Buffer: its `slice` would be no copy.
  return { bytes: new Uint8Array(Buffer.concat(chunks)), trace: builder.build(), chunks: lengths };
}

/** Where the chunk of a number begins; 0 is the header. */
function startOf(chunks: readonly number[], index: number): number {
  return chunks.slice(0, index).reduce((sum, length) => sum + length, 0);
}

for (const [what, place] of [
  ['its length', 0],
  ['the high byte of its length', 3],
  ['its type', 4],
  ['its contents', 30],
] as const) {
  test(`a chunk damaged in ${what} is left out, and all that follow are read`, (t) => {
    const { bytes, trace, chunks } = inFives(40);
    // The header, the info, then batches: the third batch has events 10 to 14.
    const at = startOf(chunks, 4);
    const damaged = bytes.slice();
    damaged[at + place] = (damaged[at + place] ?? 0) ^ 0x01;
    for (const piece of [1, 7, 64, bytes.length]) {
      const read = readInPieces(damaged, piece);
      t.is(read.eventCount, 35);
      const kept = [...Array(40).keys()].filter((seq) => seq < 10 || seq > 14);
      t.deepEqual(
        kept.map((_, seq) => eventAt(read, seq)),
        kept.map((seq) => eventAt(trace, seq)),
        'no backtrace is mistaken for another',
      );
      t.is(read.gaps.length, 1);
      t.is(read.gaps[0]?.beforeSeq, 10);
      t.is(read.gaps[0]?.lostEvents, 5);
      t.regex(read.gaps[0]?.reason ?? '', new RegExp(`^damaged at byte ${at}: .*; ${chunks[4]} bytes left out$`));
      t.false(read.info.complete);
    }
  });
}

test('a journal of version 1 is read; after its damaged chunk, backtraces that only it explains are unknown', (t) => {
  const { bytes, chunks } = inFives(10);
  // As version 1 was: a batch has no table counts. Theirs are single bytes here, at a known place.
  const old = asVersion1(bytes, chunks);
  const whole = readJournal(old.bytes).build();
  t.deepEqual(contents(whole), contents(readJournal(bytes).build()));
  const damaged = old.bytes.slice();
  const at = old.starts[2] ?? 0;
  damaged[at + 30] = (damaged[at + 30] ?? 0) ^ 0x01;
  const read = readJournal(damaged).build();
  t.is(read.eventCount, 5);
  t.is(read.gaps[0]?.lostEvents, 5);
  for (let seq = 0; seq < 5; seq++) t.is(eventAt(read, seq).backtrace, undefined);
  t.regex(read.notes[0]?.text ?? '', /^the backtraces of 5 events are lost/);
});

test('the counts of the check at the end are read under the names that they had before', (t) => {
  const before = { outcome: 'matched', detail: 'table', liveBlocks: 313, liveUnits: 390, differences: [] };
  const builder = new TraceBuilder();
  builder.add({ kind: 'info', info: { oracle: before } as never });
  const { oracle } = readJournal(Buffer.concat(journalBytes(builder.build()))).build().info;
  t.deepEqual(oracle, { outcome: 'matched', detail: 'table', liveAllocations: 313, liveBlocks: 390, differences: [] });
  const again = new TraceBuilder();
  again.add({ kind: 'info', info: { ...(oracle && { oracle }) } });
  t.deepEqual(readJournal(Buffer.concat(journalBytes(again.build()))).build().info.oracle, oracle);
});

function asVersion1(bytes: Uint8Array, chunks: readonly number[]): { bytes: Uint8Array; starts: number[] } {
  const header = bytes.slice(0, HEADER_BYTES);
  header[8] = 1;
  const pieces = [header];
  const starts = [0];
  chunks.slice(1).forEach((length, i) => {
    starts.push(pieces.reduce((sum, piece) => sum + piece.length, 0));
    const chunk = bytes.slice(startOf(chunks, i + 1), startOf(chunks, i + 1) + length);
    if (chunk[4] !== ChunkType.batch) {
      pieces.push(chunk);
      return;
    }
    const reader = new VarintReader(chunk.subarray(5), 'test');
    for (let field = 0; field < 5; field++) reader.varint();
    const summary = reader.offset;
    for (let field = 0; field < 3; field++) reader.varint();
    const payload = Buffer.concat([chunk.subarray(5, 5 + summary), chunk.subarray(5 + reader.offset, length - 4)]);
    const body = Buffer.concat([Uint8Array.of(ChunkType.batch), payload]);
    const made = Buffer.alloc(4 + body.length + 4);
    made.writeUInt32LE(payload.length, 0);
    made.set(body, 4);
    made.writeUInt32LE(crc32(body), 4 + body.length);
    pieces.push(made);
  });
  return { bytes: Buffer.concat(pieces), starts };
}

test('a piece that is missing between two chunks is a gap with its number of events', (t) => {
  const { bytes, chunks } = inFives(40);
  const cut = Buffer.concat([bytes.subarray(0, startOf(chunks, 4)), bytes.subarray(startOf(chunks, 5))]);
  const read = readJournal(cut).build();
  t.deepEqual(read.gaps, [{ beforeSeq: 10, reason: 'events are missing from the journal', lostEvents: 5 }]);
  t.is(read.eventCount, 35);
  t.false(read.info.complete);
});

test('a journal that lost its last events and says how many it had tells how many are lost', (t) => {
  const { bytes, chunks } = inFives(10);
  const cut = Buffer.concat([bytes.subarray(0, startOf(chunks, 3)), bytes.subarray(startOf(chunks, 4))]);
  t.deepEqual(readJournal(cut).build().gaps, [
    { beforeSeq: 5, reason: 'events are missing from the journal', lostEvents: 5 },
  ]);
});

test('what follows a damaged part keeps its place: marks, samples and later gaps', (t) => {
  const chunks: Uint8Array[] = [];
  const writer = new JournalWriter(new TraceBuilder({ source: 'test' }), (bytes) => chunks.push(bytes.slice()));
  const alloc = (i: number): TraceRecord => ({ kind: 'alloc', address: i * 16, sizeBytes: 16 });
  for (let i = 0; i < 4; i++) writer.add(alloc(i), 0);
  writer.add({ kind: 'mark', name: 'one' }, 0);
  for (let i = 4; i < 8; i++) writer.add(alloc(i), 0);
  writer.add({ kind: 'mark', name: 'two' }, 0);
  writer.add(alloc(8), 0);
  const sample = { registers: new Uint32Array(2), stackAddress: 64, stack: new Uint8Array(4) };
  for (const seq of [5, 8]) writer.add({ kind: 'raw', sample: { seq, ...sample } }, 0);
  writer.end(0);
  // Header, info, batch 0-3, mark one, batch 4-7, mark two, batch 8, samples, end.
  const bytes = Buffer.concat(chunks);
  const lengths = chunks.map((chunk) => chunk.length);
  bytes[startOf(lengths, 4) + 8] = 0xee;
  const read = readJournal(bytes).build();
  t.deepEqual(
    read.marks.map(({ name, beforeSeq }) => [name, beforeSeq]),
    [
      ['one', 4],
      ['two', 4],
    ],
  );
  t.is(read.eventCount, 5);
  t.is(read.gaps.length, 1);
  t.is(read.gaps[0]?.lostEvents, 4);
  t.deepEqual(
    read.rawSamples.map(({ seq }) => seq),
    [4],
    'the sample of a lost event is not given to another',
  );
});

test('any damage leaves only true events, in order, and is told', (t) => {
  const { bytes, trace } = inFives(60);
  const all = Array.from({ length: 60 }, (_, seq) => JSON.stringify(eventAt(trace, seq)));
  const edits = fc.array(
    fc.tuple(fc.integer({ min: HEADER_BYTES, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 })),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(edits, fc.integer({ min: 1, max: 400 }), (places, piece) => {
      const damaged = bytes.slice();
      for (const [at, bits] of places) damaged[at] = (damaged[at] ?? 0) ^ bits;
      if (Buffer.compare(damaged, bytes) === 0) return;
      const read = readInPieces(damaged, piece);
      let from = 0;
      for (let seq = 0; seq < read.eventCount; seq++) {
        const { backtrace, ...event } = eventAt(read, seq);
        from = all.findIndex((line, i) => i >= from && line.startsWith(JSON.stringify(event).slice(0, -1)));
        t.true(from >= 0, `event ${seq}`);
        if (backtrace) t.is(JSON.stringify(eventAt(read, seq)), all[from] ?? '');
        from++;
      }
      t.false(read.info.complete);
      t.true(read.gaps.length > 0);
    }),
    { numRuns: 300 },
  );
});

test('a journal that is nothing but damage made to be summed again and again is given up, not read for ever', (t) => {
  const { bytes } = inFives(5);
  // Good chunks of 9 bytes, each before the head of one that claims nearly all of the rest.
  const good = Buffer.alloc(9);
  good[4] = 99;
  good.writeUInt32LE(crc32(good.subarray(4, 5)), 5);
  const pieces: Uint8Array[] = [bytes.subarray(0, HEADER_BYTES)];
  const count = 300_000;
  for (let i = 0; i < count; i++) {
    const head = Buffer.alloc(5);
    head.writeUInt32LE(Math.max(0, (count - i) * 14 - 100));
    head[4] = ChunkType.batch;
    pieces.push(good, head);
  }
  const read = readJournal(Buffer.concat(pieces)).build();
  t.false(read.info.complete);
  t.true(read.gaps.length <= 1001);
});

test('a capture that broke off tells its loss once', (t) => {
  const chunks: Uint8Array[] = [];
  const writer = new JournalWriter(new TraceBuilder({ source: 'test' }), (bytes) => chunks.push(bytes.slice()));
  writer.add({ kind: 'alloc', address: 16, sizeBytes: 16 }, 0);
  writer.add({ kind: 'gap', reason: 'connection lost' }, 0);
  writer.flush(0);
  const read = readJournal(Buffer.concat(chunks)).build();
  t.deepEqual(read.gaps, [{ beforeSeq: 1, reason: 'connection lost' }]);
  t.false(read.info.complete);
});

test('a trace of any size is saved in chunks that a reader takes', (t) => {
  const builder = new TraceBuilder({ source: 'test' });
  for (let i = 0; i < 40_000; i++) builder.addEvent(EventKind.alloc, i * 16, 16, -1);
  const chunks = journalBytes(builder.build());
  t.true(chunks.every((chunk) => chunk.length < 4 << 20));
  t.is(readJournal(Buffer.concat(chunks)).eventCount, 40_000);
});

test('what is written can be let go of: later events count on, and the journal has them all', (t) => {
  const builder = new TraceBuilder({ source: 'test' });
  const chunks: Uint8Array[] = [];
  const writer = new JournalWriter(builder, (bytes) => chunks.push(bytes.slice()));
  for (let i = 0; i < 1000; i++) {
    writer.add({ kind: 'alloc', address: i * 16, sizeBytes: 16, ...(i % 3 === 0 ? { atUs: i } : {}) }, 0);
    if (i % 100 !== 99) continue;
    writer.flush(0);
    builder.forgetEvents();
    t.is(builder.eventCount, i + 1);
    t.is(builder.kind.length, 0);
  }
  writer.end(0);
  const read = readJournal(Buffer.concat(chunks)).build();
  t.is(read.eventCount, 1000);
  t.true(read.info.complete);
  for (const seq of [0, 1, 500, 999]) {
    t.deepEqual(eventAt(read, seq), {
      kind: 'alloc',
      address: seq * 16,
      sizeBytes: 16,
      ...(seq % 3 === 0 ? { atUs: seq } : {}),
    });
  }
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
  t.throws(() => readJournal(later), { message: /found journal version 9, expected 1 to 2/ });
});

test('what a journal says to be saved is in the file by then', (t) => {
  const path = join(tempFolder(t), 'capture.harvest');
  const journal = new JournalFile(path);
  for (let seq = 0; seq < 100; seq++) {
    journal.add({ kind: 'alloc', address: 0x2000_0000 + seq * 16, sizeBytes: 16 });
    if (seq % 7 > 0) continue;
    t.is(journal.saved(), seq + 1);
    t.is(readJournal(readFileSync(path)).eventCount, seq + 1);
  }
  journal.close(true);
});
