import type { Bytes } from '../../base/units.js';
import type { Lifespans } from '../../trace/lifespans.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { requestedSize } from '../size-table.js';
import { walkSpans } from '../walk-spans.js';

/** More distinct sizes than these are merged by a coarser alignment: the layout search keeps a table of their pairs. */
const MAX_SIZE_CLASSES = 2048;

/**
 * The requests of a trace as changes of the number of live blocks by size class: what layouts are computed from and
 * replayed against.
 */
export interface PoolDemand {
  /** The distinct request sizes, rounded up to the alignment, ascending: a_1 < ... < a_n. */
  readonly blockBytes: Float64Array;
  /** In order: the class of an allocated block, or -1 - class of one that is given back. */
  readonly steps: Int32Array;
  /** By step: which block (numbered by allocation). */
  readonly block: Int32Array;
  /** By block: the size that was asked for. */
  readonly requestedBytes: Float64Array;
  /** False when the trace does not say which block of a size was freed. */
  readonly identified: boolean;
  readonly alignBytes: Bytes;
  readonly assumptions: readonly string[];
}

/** Requests of zero bytes take a block of the smallest size: an allocator must answer them with something. */
export function poolDemand(trace: Trace, spans: Lifespans, alignBytes: Bytes): PoolDemand {
  const sizeOf = requestedSize(trace);
  const requestedBytes = new Float64Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    requestedBytes[span] = sizeOf(spans.sizeBytes[span] ?? 0, spans.startSeq[span] ?? 0);
  }
  const { classOf, blockBytes, align } = sizeClasses(requestedBytes, alignBytes);
  const steps = new Int32Array(spans.count * 2);
  const block = new Int32Array(spans.count * 2);
  let count = 0;
  walkSpans(trace, spans, {
    closed: (span) => {
      block[count] = span;
      steps[count++] = -1 - (classOf[span] ?? 0);
    },
    opened: (span) => {
      block[count] = span;
      steps[count++] = classOf[span] ?? 0;
    },
  });
  const assumptions = [...spans.assumptions];
  if (align !== alignBytes) {
    assumptions.push(
      `more than ${MAX_SIZE_CLASSES} distinct sizes: rounded up to ${align} bytes instead of ${alignBytes}`,
    );
  }
  if (trace.info.sizeKind === 'block' && !trace.events.requestedBytes) {
    assumptions.push(
      'the trace has the sizes of blocks, not of requests: the pools hold whole blocks of that allocator',
    );
  }
  if (trace.events.kind.includes(EventKind.realloc)) {
    assumptions.push('a realloc gives its old block back before it takes the new one');
  }
  return {
    blockBytes,
    steps: steps.subarray(0, count),
    block: block.subarray(0, count),
    requestedBytes,
    identified: trace.info.hasAddresses,
    alignBytes: align,
    assumptions,
  };
}

function sizeClasses(requested: Float64Array, alignBytes: Bytes) {
  for (let align = alignBytes; ; align *= 2) {
    const sizes = new Set<Bytes>();
    for (const bytes of requested) sizes.add(roundUp(bytes, align));
    if (sizes.size > MAX_SIZE_CLASSES) continue;
    const blockBytes = Float64Array.from(sizes).sort();
    const ids = new Map([...blockBytes].map((bytes, id) => [bytes, id]));
    const classOf = Int32Array.from(requested, (bytes) => ids.get(roundUp(bytes, align)) ?? 0);
    return { classOf, blockBytes, align };
  }
}

/** At least one unit of alignment: a block of zero bytes cannot be linked into a pool. */
function roundUp(bytes: Bytes, alignBytes: Bytes): Bytes {
  return Math.max(1, Math.ceil(bytes / alignBytes)) * alignBytes;
}
