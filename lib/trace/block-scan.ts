import { BLOCK_ROW, BlockTable } from './block-table.js';
import type { EventRun, LiveBlocks, Peak } from './event-run.js';
import { type Finding, FindingList } from './finding-list.js';
import { RUN_EVENTS, type RunScan, runOf, type ToldOfBlocks } from './run-scan.js';
import { TakenPages } from './taken-pages.js';
import { EventKind } from './trace.js';
import type { TraceBuilder } from './trace-builder.js';

/** A larger block would be marked word by word for long. */
const MAX_BLOCK_BYTES = 2 ** 24;

/**
 * Follows the blocks of a trace that comes run by run, as {@link lifespans} does for a whole one. For sound heaps of 32-bit addresses: it gives
 * up where blocks lie over one another, at odd addresses or are very large, and the whole trace is then looked at.
 */
export class BlockScan implements RunScan {
  private readonly table = new BlockTable();
  private readonly taken = new TakenPages();
  private readonly found = new FindingList();
  private readonly told: ToldOfBlocks = {
    openedBlock: new Int32Array(RUN_EVENTS),
    endedBlock: new Int32Array(RUN_EVENTS),
    endedStart: new Int32Array(RUN_EVENTS),
    endedAddress: new Uint32Array(RUN_EVENTS),
    endedSize: new Uint32Array(RUN_EVENTS),
    endedStack: new Int32Array(RUN_EVENTS),
  };
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

  next(builder: TraceBuilder, from: number, to: number): EventRun | undefined {
    const run = runOf(builder, { from, to }, this.told);
    return run && this.follow(run) ? run : undefined;
  }

  private follow(run: EventRun): boolean {
    const { firstSeq, count, kind, address, sizeBytes, stack, fromAddress, openedBlock, endedStart } = run;
    const { table, taken } = this;
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
    const { told } = this;
    told.endedBlock[index] = block;
    told.endedStart[index] = start;
    told.endedAddress[index] = address;
    told.endedSize[index] = size;
    told.endedStack[index] = rows[row + 2] as number;
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
