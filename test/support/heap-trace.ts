import fc from 'fast-check';
import { traceOf } from '../../lib/trace/collect-trace.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import type { Trace } from '../../lib/trace/trace.js';

const BASE = 0x20000000;
const REGION = 4096;
const PATHS = ['main', 'main>init', 'main>loop', 'main>loop>read', 'main>loop>malloc'].map((path) =>
  path
    .split('>')
    .map((functionName, line) => ({ address: 0, functionName, file: 'm.c', line: line + 1 }))
    .reverse(),
);

interface Step {
  readonly pick: number;
  readonly slot: number;
  readonly size: number;
}
const step = fc.record({ pick: fc.nat(9), slot: fc.nat(200), size: fc.integer({ min: 1, max: 24 }) });

/**
 * Arbitrary sound traces: first-fit allocations in one region, frees of live blocks, reallocs, failures; sizes are multiples
 * of 4, `wild` adds frees of unknown blocks, double frees, overlaps and sizes of zero.
 */
export function heapTrace(options: { readonly wild?: boolean; readonly maxLength?: number } = {}): fc.Arbitrary<Trace> {
  return fc.array(step, { maxLength: options.maxLength ?? 120 }).map((steps) => {
    const live: { address: number; size: number }[] = [];
    const records: TraceRecord[] = [
      { kind: 'region', region: { name: 'heap', baseAddress: BASE, sizeBytes: REGION, unitBytes: 4 } },
    ];
    for (const at of steps) records.push(options.wild && at.pick === 9 ? wildRecord(at) : soundRecord(at, live));
    return traceOf(records, { unitBytes: 4 });
  });
}

function soundRecord(at: Step, live: { address: number; size: number }[]): TraceRecord {
  const backtrace = PATHS[at.slot % PATHS.length] ?? [];
  const size = at.size * 4;
  if (at.pick >= 5 && live.length > 0) {
    const index = at.slot % live.length;
    const [old] = live.splice(index, 1);
    if (!old) throw new Error('an empty live set');
    if (at.pick !== 8) return { kind: at.pick === 7 ? 'sweep' : 'free', address: old.address, backtrace };
    const address = firstFit(live, size);
    if (address === undefined) {
      live.push(old);
      return { kind: 'failed', sizeBytes: size, fromAddress: old.address, backtrace };
    }
    live.push({ address, size });
    return { kind: 'realloc', fromAddress: old.address, address, sizeBytes: size, backtrace };
  }
  const address = firstFit(live, size);
  if (address === undefined) return { kind: 'failed', sizeBytes: size, backtrace };
  live.push({ address, size });
  return { kind: 'alloc', address, sizeBytes: size, backtrace };
}

function wildRecord(at: Step): TraceRecord {
  const address = BASE + at.slot * 8;
  switch (at.size % 3) {
    case 0:
      return { kind: 'free', address };
    case 1:
      return { kind: 'alloc', address, sizeBytes: at.size % 2 === 0 ? 0 : at.size * 8 };
    default:
      return { kind: 'realloc', fromAddress: address, address: address + 8, sizeBytes: at.size };
  }
}

function firstFit(live: readonly { address: number; size: number }[], size: number): number | undefined {
  let at = BASE;
  for (const block of [...live].sort((a, b) => a.address - b.address)) {
    if (block.address - at >= size) return at;
    at = Math.max(at, block.address + block.size);
  }
  return at + size <= BASE + REGION ? at : undefined;
}
