import test from 'ava';
import { TraceFormatError } from '../../lib/errors/errors.js';
import type { TraceDecoder } from '../../lib/formats/format.js';
import { FORMATS } from '../../lib/formats/registry.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { utf8 } from '../support/decode-ways.js';

const CHUNK = 65_536;
const CHUNKS = 100;
const MAX_KEPT_BYTES = 24 * 2 ** 20;

/** What is kept, not what the collector has not come to yet. */
function keptBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const chunks: Readonly<Record<string, Uint8Array>> = {
  'a line without an end': new Uint8Array(CHUNK).fill(0x78),
  'console output without a trace': utf8('I (312) wifi: state: run -> init\r\n'.repeat(CHUNK / 34)),
  noise: Uint8Array.from({ length: CHUNK }, (_, i) => (Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 13) & 255),
};

for (const [name, chunk] of Object.entries(chunks)) {
  test(`${(CHUNKS * CHUNK) >> 20} MiB of ${name} fill no reader's memory`, (t) => {
    const readers = new WeakSet<TraceDecoder>();
    for (const format of FORMATS) {
      const builder = new TraceBuilder();
      const before = keptBytes();
      // Alive while it is measured: what it holds counts.
      let decoder: TraceDecoder | undefined;
      try {
        decoder = format.open(builder, {});
        for (let i = 0; i < CHUNKS; i++) decoder.push(chunk);
      } catch (error) {
        if (!(error instanceof TraceFormatError)) throw error;
      }
      t.true(keptBytes() - before < MAX_KEPT_BYTES, format.id);
      if (decoder) readers.add(decoder);
      t.true(builder.gaps.length <= 100_001 && builder.notes.length < 1000, format.id);
    }
  });
}
