import { BLOCK_ROW, BlockTable } from './block-table.js';
import type { EventRun, LiveBlocks, Peak } from './event-run.js';
import { type Finding, FindingList } from './finding-list.js';
import { TakenPages } from './taken-pages.js';
import { EventKind } from './trace.js';
import type { TraceBuilder } from './trace-builder.js';

/** So many events a run: their columns stay in the processor's cache from decoding to the last sum. */
export const RUN_EVENTS = 1 << 14;
/** A larger block would be marked word by word for long. */
const MAX_BLOCK_BYTES = 2 ** 24;

/**
 * Follows the blocks of a trace that comes run by run, as {@link lifespans} does for a whole one. For sound heaps of 32-bit addresses: it gives
 * up where blocks lie over one another, at odd addresses or are very large, and the whole trace is then looked at.
 */
export class BlockScan {
  private readonly table = new BlockTable();
  private readonly taken = new TakenPages();
  private readonly found = new FindingList();
  private readonly openedBlock = new Int32Array(RUN_EVENTS);
  private readonly endedBlock = new Int32Array(RUN_EVENTS);
  private readonly endedStart = new Int32Array(RUN_EVENTS);
  private readonly endedAddress = new Uint32Array(RUN_EVENTS);
  private readonly endedSize = new Uint32Array(RUN_EVENTS);
  private readonly endedStack = new Int32Array(RUN_EVENTS);
  private alive = 0;
  private bytes = 0;
  private best: Peak = { bytes: -1, count: 0, seq: -1 };

  get peak(): Peak {
    return { ...this.best, bytes: Math.max(0, this.best.bytes) };
  }

  findings(): Finding[] {
    return this.found.list();
  }

  liveBlocks(): LiveBlocks {
    return this.table.liveBlocks();
  }

  /** The next events: those of a builder from `from` to `to` (without it), at most {@link RUN_EVENTS}. Undefined when it gave up. */
  next(builder: TraceBuilder, from: number, to: number): EventRun | undefined {
    const { kind, stack, optional } = builder;
    const [address, sizeBytes] = [builder.address.values, builder.sizeBytes.values];
    if (!(address instanceof Uint32Array && sizeBytes instanceof Uint32Array)) return undefined;
    const part = (name: 'fromAddress' | 'requestedBytes' | 'atUs' | 'task') => {
      const column = optional[name];
      return column && column.length > from ? column.values.subarray(from, Math.min(to, column.length)) : undefined;
    };
    const fromAddress = part('fromAddress');
    const run: EventRun = {
      firstSeq: builder.forgotten + from,
      count: to - from,
      kind: kind.values.subarray(from, to),
      address: address.subarray(from, to),
      sizeBytes: sizeBytes.subarray(from, to),
      stack: stack.values.subarray(from, to),
      requestedBytes: part('requestedBytes'),
      atUs: part('atUs'),
      task: part('task'),
      tellsLargest: optional.largestBeforeBytes !== undefined || optional.largestAfterBytes !== undefined,
      openedBlock: this.openedBlock,
      endedBlock: this.endedBlock,
      endedStart: this.endedStart,
      endedAddress: this.endedAddress,
      endedSize: this.endedSize,
      endedStack: this.endedStack,
    };
    return this.follow(run, fromAddress) ? run : undefined;
  }

  private follow(run: EventRun, fromAddress: Float64Array | undefined): boolean {
    const { firstSeq, count, kind, address, sizeBytes, stack } = run;
    const { openedBlock, endedStart, table, taken } = this;
    let { alive, bytes } = this;
    let { bytes: peakBytes, count: peakCount, seq: peakSeq } = this.best;
    for (let i = 0; i < count; i++) {
      const what = kind[i] as number;
      endedStart[i] = -1;
      openedBlock[i] = -1;
      if (what === EventKind.failed) continue;
      const at = address[i] as number;
      const opens = what === EventKind.alloc || what === EventKind.existing || what === EventKind.realloc;
      if (!opens || what === EventKind.realloc) {
        const ended = this.end(i, what === EventKind.realloc ? movedFrom(fromAddress, i, at) : at);
        if (ended < 0) this.findMissing(what, firstSeq + i, ended);
        else {
          bytes -= ended;
          alive--;
        }
        if (!opens) continue;
      }
      const size = sizeBytes[i] as number;
      if (size === 0) this.found.add('zero-size', firstSeq + i);
      if ((at & 3) !== 0 || size > MAX_BLOCK_BYTES || !taken.take(at, size)) return false;
      const block = table.findOrAdd(at);
      const { rows } = table;
      const row = block * BLOCK_ROW;
      rows[row] = firstSeq + i;
      rows[row + 1] = size;
      rows[row + 2] = stack[i] as number;
      openedBlock[i] = block;
      bytes += size;
      alive++;
      if (bytes > peakBytes) [peakBytes, peakCount, peakSeq] = [bytes, alive, firstSeq + i];
    }
    this.alive = alive;
    this.bytes = bytes;
    this.best = { bytes: peakBytes, count: peakCount, seq: peakSeq };
    return true;
  }

  /** Ends the block at an address and returns its size; -1 where one was, -2 where none ever was. */
  private end(index: number, address: number): number {
    const block = address >>> 0 === address ? this.table.find(address) : -1;
    if (block < 0) return NEVER;
    const { rows } = this.table;
    const row = block * BLOCK_ROW;
    const start = rows[row] as number;
    if (start < 0) return GONE;
    const size = rows[row + 1] as number;
    rows[row] = -1;
    this.endedBlock[index] = block;
    this.endedStart[index] = start;
    this.endedAddress[index] = address;
    this.endedSize[index] = size;
    this.endedStack[index] = rows[row + 2] as number;
    this.taken.give(address, size);
    return size;
  }

  private findMissing(kind: number, seq: number, ended: number): void {
    if (kind === EventKind.realloc) this.found.add('unknown-realloc', seq);
    else this.found.add(ended === NEVER ? 'unknown-free' : 'double-free', seq);
  }
}

const GONE = -1;
const NEVER = -2;

/** The old address of a realloc: its own where the source does not tell. */
function movedFrom(fromAddress: Float64Array | undefined, index: number, address: number): number {
  const from = fromAddress?.[index] ?? Number.NaN;
  return Number.isNaN(from) ? address : from;
}
