import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { TRACE_WRITERS } from '../../../lib/formats/export/trace-writers.js';
import type { Trace } from '../../../lib/trace/trace.js';
import { EventKind } from '../../../lib/trace/trace.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';

const BASE = 0x20000000;

/** Every kind of event and record, numbers of every length, names that must be escaped, more than one piece of output. */
function richTrace(events: number): Trace {
  let state = 0x2545f491;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const builder = new TraceBuilder({ source: 'made', unitBytes: 16 });
  builder.add({ kind: 'region', region: { name: 'heap', baseAddress: BASE, sizeBytes: 1 << 20, unitBytes: 16 } });
  builder.add({ kind: 'note', code: 'made', text: 'a note, with "quotes"' });
  const names = ['main', 'operator new(unsigned int)', 'a;b', '=f', 'x <- "y"', 'sp\u00e4t', ''];
  const stack = () =>
    Array.from({ length: random(34) }, (_, depth) => ({
      address: 0x8000 + ((random(7) + depth) % 40) * 2,
      functionName: names[(random(2) + depth) % names.length] ?? '',
      file: depth % 3 === 0 ? '' : `src/m,${depth % 4}.c`,
      line: depth,
      ...(depth % 5 === 4 ? { inlined: true } : {}),
    }));
  const stacks = Array.from({ length: 60 }, stack);
  const live: number[] = [];
  for (let seq = 0; seq < events; seq++) {
    const backtrace = stacks[random(70)];
    const common = {
      ...(backtrace ? { backtrace } : {}),
      ...(seq % 3 ? { atUs: seq * 1_000_003 + (seq % 4) / 4 } : {}),
    };
    const sizeBytes = [0, 9, 10, 99_999, 2 ** 31, 2 ** 32 + 5][random(90)] ?? random(200);
    const address = BASE + random(1 << 15) * 32;
    const at = live.splice(random(live.length), 1)[0];
    if (seq % 11 === 3) builder.add({ kind: 'failed', sizeBytes, task: random(4), ...common });
    else if (at !== undefined && seq % 7 === 1)
      builder.add({ kind: 'realloc', address, fromAddress: at, sizeBytes, requestedBytes: sizeBytes, ...common });
    else if (at !== undefined && seq % 2 === 0)
      builder.add({ kind: seq % 5 ? 'free' : 'sweep', address: at, ...common });
    else builder.add({ kind: 'alloc', address, sizeBytes, largestAfterBytes: random(1e6), ...common });
    if (seq % 7 === 1 || seq % 2 === 1) live.push(address);
    if (seq % 500 === 77) builder.add({ kind: 'mark', name: `mark "${seq}"` });
    if (seq % 900 === 78) builder.add({ kind: 'gap', reason: 'overflow', lostEvents: 3 });
    if (seq === 2000) builder.add({ kind: 'epoch', reason: 'gc_init' });
  }
  return builder.build();
}

/** A trace as a synthetic heap makes it: blocks that never lie over one another. */
function plainTrace(events: number): Trace {
  const builder = new TraceBuilder({ source: 'made', unitBytes: 8 });
  const stack = builder.tables.push(-1, builder.tables.frame({ address: 1, functionName: 'f', file: 'f.c', line: 3 }));
  for (let seq = 0; seq < events; seq++) {
    const address = BASE + (seq % 64) * 64;
    if (Math.floor(seq / 64) % 2 === 0)
      builder.addEvent(EventKind.alloc, address, 8 + (seq % 7) * 8, seq % 3 ? stack : -1);
    else builder.addEvent(EventKind.free, address, 0, stack);
  }
  return builder.build();
}

function digest(trace: Trace, writer: (typeof TRACE_WRITERS)[number]): string {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const piece of writer.write(trace)) {
    hash.update(piece);
    bytes += Buffer.byteLength(piece);
  }
  return `${bytes} ${hash.digest('hex').slice(0, 24)}`;
}

test('every writer writes the bytes that it wrote before it was made faster', (t) => {
  const [rich, plain] = [richTrace(4000), plainTrace(20_000)];
  const { hasAddresses, ...info } = rich.info;
  const blind = { ...rich, info: { ...info, hasAddresses: !hasAddresses } };
  const lines = TRACE_WRITERS.map(
    (writer) => `${writer.id}: ${[rich, blind, plain].map((trace) => digest(trace, writer)).join(', ')}\n`,
  );
  // Digests of what the writers of strings made of the same traces; a format that is changed on purpose gets a new line.
  t.deepEqual(lines, readFileSync('test/golden/export-bytes.txt', 'utf8').split(/(?<=\n)/));
});
