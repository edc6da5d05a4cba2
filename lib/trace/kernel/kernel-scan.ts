import type { EventRun, LiveBlocks, Peak } from '../event-run.js';
import { type Finding, type FindingKind, FindingList } from '../finding-list.js';
import { RUN_EVENTS, type RunScan, runOf, type ToldOfBlocks } from '../run-scan.js';
import type { TraceBuilder } from '../trace-builder.js';
import type { EventKernel } from './event-kernel.js';

/** A writer's batch has at most so many events, and a run that is not full may lie before them. */
const ROOM = 2 ** 18 + RUN_EVENTS;
/** In the kernel's order. */
const FINDINGS: readonly FindingKind[] = ['zero-size', 'unknown-realloc', 'unknown-free', 'double-free'];
const SLOT = 4;

type Columns = Pick<EventRun, 'kind' | 'address' | 'sizeBytes' | 'stack'>;

/** Follows the blocks of a trace as {@link BlockScan} does, in WebAssembly; what that finds is what this finds. */
export class KernelScan implements RunScan {
  private readonly found = new FindingList();
  private readonly fromAddress: Float64Array;
  private readonly findingPairs: Uint32Array;
  private readonly told: ToldOfBlocks;
  /** For events that were decoded elsewhere. */
  private copies: Columns | undefined;
  private numbered = false;

  constructor(private readonly kernel: EventKernel) {
    const { exports } = kernel;
    this.fromAddress = kernel.floats(RUN_EVENTS, exports.fromAddress.value);
    this.findingPairs = kernel.numbers(RUN_EVENTS * 4, exports.findings.value);
    this.told = {
      openedBlock: kernel.integers(RUN_EVENTS, exports.openedBlock.value),
      endedBlock: kernel.integers(RUN_EVENTS, exports.endedBlock.value),
      endedStart: kernel.integers(RUN_EVENTS, exports.endedStart.value),
      endedAddress: kernel.numbers(RUN_EVENTS, exports.endedAddress.value),
      endedSize: kernel.numbers(RUN_EVENTS, exports.endedSize.value),
      endedStack: kernel.integers(RUN_EVENTS, exports.endedStack.value),
    };
  }

  /** Lets a builder that has no event yet decode into the kernel's memory: nothing is copied then. */
  takeIn({ kind, address, sizeBytes, stack }: TraceBuilder): void {
    kind.beginIn(this.kernel.bytes(ROOM));
    address.beginIn(this.kernel.numbers(ROOM));
    sizeBytes.beginIn(this.kernel.numbers(ROOM));
    stack.beginIn(this.kernel.integers(ROOM));
  }

  get peak(): Peak {
    const { exports } = this.kernel;
    return { bytes: Math.max(0, exports.peakBytes()), count: exports.peakCount(), seq: exports.peakEvent() };
  }

  findings(): Finding[] {
    return this.found.list();
  }

  liveBlocks(): LiveBlocks {
    const { kernel } = this;
    const { exports } = kernel;
    const count = exports.sortLive();
    const order = kernel.numbers(count, exports.liveAt());
    const slots = kernel.integers(exports.slotCount() * SLOT, exports.slotsAt());
    const column = <A extends Int32Array | Uint32Array>(into: A, place: number): A => {
      for (let i = 0; i < count; i++) into[i] = slots[(order[i] as number) * SLOT + place] as number;
      return into;
    };
    return {
      count,
      // The kernel keeps it plus one.
      startSeq: column(new Int32Array(count), 1).map((seq) => seq - 1),
      sizeBytes: column(new Uint32Array(count), 2),
      stack: column(new Int32Array(count), 3),
      address: column(new Uint32Array(count), 0),
    };
  }

  next(builder: TraceBuilder, from: number, to: number): EventRun | undefined {
    const run = runOf(builder, { from, to }, this.told);
    if (!run) return undefined;
    const { exports } = this.kernel;
    if (!this.numbered && (run.atUs ?? run.requestedBytes) !== undefined) {
      exports.tellNumbers();
      this.numbered = true;
    }
    if (run.fromAddress) {
      this.fromAddress.fill(Number.NaN, run.fromAddress.length, run.count);
      this.fromAddress.set(run.fromAddress);
    }
    const columns = this.inMemory(run);
    const { kind, address, sizeBytes, stack } = columns;
    const isSound = exports.follow(
      run.firstSeq,
      run.count,
      kind.byteOffset,
      address.byteOffset,
      sizeBytes.byteOffset,
      stack.byteOffset,
      run.fromAddress ? 1 : 0,
    );
    this.addFindings();
    return isSound ? { ...run, ...columns, kernel: this.kernel } : undefined;
  }

  private inMemory({ count, kind, address, sizeBytes, stack }: EventRun): Columns {
    const { kernel } = this;
    if ([kind, address, sizeBytes, stack].every((column) => kernel.owns(column)))
      return { kind, address, sizeBytes, stack };
    this.copies ??= {
      kind: kernel.bytes(RUN_EVENTS),
      address: kernel.numbers(RUN_EVENTS),
      sizeBytes: kernel.numbers(RUN_EVENTS),
      stack: kernel.integers(RUN_EVENTS),
    };
    const { copies } = this;
    copies.kind.set(kind);
    copies.address.set(address);
    copies.sizeBytes.set(sizeBytes);
    copies.stack.set(stack);
    return {
      kind: copies.kind.subarray(0, count),
      address: copies.address.subarray(0, count),
      sizeBytes: copies.sizeBytes.subarray(0, count),
      stack: copies.stack.subarray(0, count),
    };
  }

  private addFindings(): void {
    const { findingPairs } = this;
    for (let i = 0, count = this.kernel.exports.foundCount(); i < count; i++) {
      const kind = FINDINGS[findingPairs[i * 2] as number];
      if (kind) this.found.add(kind, findingPairs[i * 2 + 1] as number);
    }
  }
}
