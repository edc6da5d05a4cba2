import test from 'ava';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { FORMATS } from '../../lib/formats/registry.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { utf8 } from '../support/decode-ways.js';

const CHUNK = 65_536;
const CHUNKS = 300;

const chunks: Readonly<Record<string, Uint8Array>> = {
  'a line without an end': new Uint8Array(CHUNK).fill(0x78),
  'console output without a trace': utf8('I (312) wifi: state: run -> init\r\n'.repeat(CHUNK / 34)),
  noise: Uint8Array.from({ length: CHUNK }, (_, i) => (Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 13) & 255),
};

for (const [name, chunk] of Object.entries(chunks)) {
  test(`${(CHUNKS * CHUNK) >> 20} MiB of ${name} fill no reader's memory`, (t) => {
    for (const format of FORMATS) {
      const builder = new TraceBuilder();
      const before = process.memoryUsage().heapUsed;
      try {
        const decoder = format.open(builder, {});
        for (let i = 0; i < CHUNKS; i++) decoder.push(chunk);
      } catch (error) {
        if (!(error instanceof TraceFormatError)) throw error;
      }
      t.true(process.memoryUsage().heapUsed - before < 96 * 2 ** 20, format.id);
      t.true(builder.gaps.length <= 100_001 && builder.notes.length < 1000, format.id);
    }
  });
}
