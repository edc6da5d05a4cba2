import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { ByteWriter } from '../../lib/trace/byte-writer.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { deflatePack } from '../../lib/trace/deflate-pack.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { JournalChunks } from '../../lib/trace/journal-chunks.js';
import { CHUNK_HEAD_BYTES, CHUNK_TAIL_BYTES, HEADER_BYTES } from '../../lib/trace/journal-format.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { readObjectGraph } from '../../lib/trace/read-object-graph.js';
import { recordsOf } from '../../lib/trace/records-of.js';
import { VarintReader } from '../../lib/trace/varint-reader.js';
import { writeObjectGraph } from '../../lib/trace/write-object-graph.js';
import { graphOf, toldGraph } from '../support/object-graphs.js';

const GRAPH = graphOf(
  ['a:dict', 'b:list', 'c'],
  ['named __main__.__dict__ -> a', "a ['x'] -> b", 'b [0] => c', 'c +0x8 -> a', 'register r4 => c'],
  { heap: 'blocks', unsure: 'one area was not read' },
);

/** The payload of a graph's chunk. */
function payloadOf(graph = GRAPH): Uint8Array {
  const sent: Uint8Array[] = [];
  writeObjectGraph(new JournalChunks((bytes) => sent.push(bytes.slice()), deflatePack), graph);
  return (sent.at(-1) ?? new Uint8Array(0)).subarray(CHUNK_HEAD_BYTES, -CHUNK_TAIL_BYTES);
}

test('a journal gives a graph back, at its place among the events', (t) => {
  const event = { kind: 'alloc', address: 0x1000, sizeBytes: 16 } as const;
  const trace = traceOf([event, { kind: 'graph', graph: GRAPH }, event]);
  t.is(trace.graphs[0]?.beforeSeq, 1);
  const read = readJournal(Buffer.concat(journalBytes(trace))).build();
  t.deepEqual(read.graphs.map(toldGraph), trace.graphs.map(toldGraph));
  t.deepEqual(traceOf(recordsOf(read)).graphs, read.graphs);
  t.true(read.info.complete);
});

test('a graph that is damaged is a lost chunk; its events stay', (t) => {
  const trace = traceOf([
    { kind: 'alloc', address: 0x1000, sizeBytes: 16 },
    { kind: 'graph', graph: GRAPH },
  ]);
  const bytes = Buffer.concat(journalBytes(trace));
  const payload = Buffer.from(payloadOf(trace.graphs[0]));
  const at = bytes.indexOf(payload);
  t.true(at > HEADER_BYTES);
  bytes[at + 5] = (bytes[at + 5] ?? 0) ^ 0xff;
  const read = readJournal(bytes).build();
  t.deepEqual([read.eventCount, read.graphs.length, read.info.complete], [1, 0, false]);
});

test('an index beyond a table, and whatever else is no graph, is refused', (t) => {
  t.throws(() => read(graphPayload((writer) => writer.varint(2 ** 40))), { instanceOf: TraceFormatError });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        read(graphPayload((writer) => writer.bytes(bytes)));
      } catch (error) {
        t.true(error instanceof TraceFormatError);
      }
    }),
  );
  // One block of 16 bytes at 0x1000, with an edge to block 5.
  const beyond = graphPayload((writer) => {
    writer.varint(0);
    writer.byte(0);
    writer.text('');
    writer.varint(1);
    writer.text('');
    for (const value of [1, 0x1000, 16, 0, 1]) writer.varint(value);
    writer.signedVarint(5);
    for (const value of [0, 0, 0, 0]) writer.varint(value);
  });
  t.throws(() => read(beyond), { message: /found index 5, expected one from 0 to 0/ });
});

function read(payload: Uint8Array) {
  return readObjectGraph(new VarintReader(payload, 'test'), 'test', (seq) => seq);
}

/** Bytes in the place of a graph, stored as they are in the zlib form. */
function graphPayload(fill: (writer: ByteWriter) => void): Uint8Array {
  const inner = new ByteWriter();
  fill(inner);
  const { length } = inner;
  let [a, b] = [1, 0];
  for (const byte of inner.view()) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const writer = new ByteWriter();
  writer.varint(length);
  const stored = [0x78, 0x01, 0x01, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255];
  writer.bytes(Uint8Array.from([...stored, ...inner.view(), b >> 8, b & 255, a >> 8, a & 255]));
  return writer.view();
}
