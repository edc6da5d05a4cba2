import type { Bytes } from '../../base/units.js';
import { EventKind } from '../../trace/trace.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { DroneGeneration, DroneSink } from './drone-sink.js';

/** Puts Drone records into a trace as they are. */
export class DroneWriter implements DroneSink {
  constructor(
    protected readonly builder: TraceBuilder,
    readonly generation: DroneGeneration,
  ) {
    builder.add({
      kind: 'info',
      info: {
        source: `Drone OS heaptrace (${generation})`,
        hasAddresses: false,
        sizeKind: 'requested',
        unitBytes: 1,
      },
    });
  }

  alloc(sizeBytes: Bytes): void {
    this.builder.addEvent(EventKind.alloc, 0, sizeBytes, -1);
  }

  free(sizeBytes: Bytes): void {
    this.builder.addEvent(EventKind.free, 0, sizeBytes, -1);
  }

  resize(fromSizeBytes: Bytes, sizeBytes: Bytes): void {
    this.builder.addEvent(EventKind.realloc, 0, sizeBytes, -1);
    this.builder.setLast('fromSizeBytes', fromSizeBytes);
  }

  /** Writes what was held back, and the notes. */
  finish(): void {}
}

/** What a G1 firmware sends for a size: bits 8 to 23 are lost, as it shifts by 24 where 8 was meant. */
export function sizeAsG1Sends(sizeBytes: Bytes): Bytes {
  return (((sizeBytes >>> 24) << 8) | (sizeBytes & 0xff)) >>> 0;
}

/** Counts of small sizes lie in an array, which most traces never leave. */
const SMALL_SIZES = 1024;
const TRACKED_SIZES = 65_536;

/** Puts G1 records into a trace and makes up for, or at least names, the faults of the firmware that sent them. */
export class DroneG1Writer extends DroneWriter {
  private readonly liveSmall = new Int32Array(SMALL_SIZES);
  private readonly liveLarge = new Map<Bytes, number>();
  /** By the size as it is sent: the true sizes above 255 that are known from grow and shrink. */
  private readonly cutSizes = new Map<Bytes, Bytes[]>();
  private largestCut = 0;
  private sized = 0;
  private repaired = 0;
  private pairs = 0;
  private zeroSizes = 0;
  /** 1: the last record was a resize, its inner alloc may follow; 2: that came and is held, its free may follow. */
  private pairState: 0 | 1 | 2 = 0;
  private pairOld = 0;
  private pairNew = 0;
  private held = 0;

  constructor(
    builder: TraceBuilder,
    private readonly dropInnerPairs: boolean,
  ) {
    super(builder, 'G1');
  }

  override alloc(sizeBytes: Bytes): void {
    if (this.pairState === 1 && (sizeBytes === this.pairNew || sizeBytes === sizeAsG1Sends(this.pairNew))) {
      this.held = sizeBytes;
      this.pairState = 2;
      return;
    }
    this.releaseHeld();
    this.writeAlloc(sizeBytes);
  }

  override free(sizeBytes: Bytes): void {
    if (this.pairState === 2 && sizeBytes === this.pairOld) {
      this.pairs++;
      this.pairState = 0;
      if (this.dropInnerPairs) return;
      this.writeAlloc(this.held);
      this.writeFree(sizeBytes);
      return;
    }
    this.releaseHeld();
    this.writeFree(sizeBytes);
  }

  override resize(fromSizeBytes: Bytes, sizeBytes: Bytes): void {
    this.releaseHeld();
    this.see(fromSizeBytes);
    const from = this.trueSize(fromSizeBytes);
    super.resize(from, sizeBytes);
    this.count(from, -1);
    this.count(sizeBytes, 1);
    this.learn(sizeBytes);
    this.pairOld = fromSizeBytes;
    this.pairNew = sizeBytes;
    this.pairState = 1;
  }

  override finish(): void {
    this.releaseHeld();
    const note = (code: string, text: string) => this.builder.add({ kind: 'note', code, text });
    if (this.sized > 0 && this.largestCut < 256) {
      note(
        'drone-g1-size-bug',
        'firmware v0.12 to v0.14 loses bits 8 to 23 of the size of every alloc and free and of the old size of every grow and shrink (300 arrives as 44); no size here exceeds 255, so true sizes may be larger',
      );
    }
    if (this.repaired > 0) {
      note(
        'drone-g1-size-repaired',
        `${this.repaired} frees or old sizes were cut by the firmware and were matched to a block whose full size a grow or shrink had told`,
      );
    }
    if (this.pairs > 0) {
      const what = this.dropInnerPairs
        ? 'they were left out'
        : 'they are kept and read as double frees (drop inner pairs)';
      note(
        'drone-g1-inner-pairs',
        `v0.14 firmware recorded the inner alloc and free of ${this.pairs} resizes: ${what}`,
      );
    }
    if (this.pairs > 0 || this.zeroSizes > 0) {
      note(
        'drone-g1-attempts',
        `v0.14 firmware records before the attempt: failed requests appear as allocs (${this.zeroSizes} of size zero were seen)`,
      );
    }
  }

  private releaseHeld(): void {
    if (this.pairState === 2) this.writeAlloc(this.held);
    this.pairState = 0;
  }

  private writeAlloc(sizeBytes: Bytes): void {
    this.see(sizeBytes);
    if (sizeBytes === 0) this.zeroSizes++;
    super.alloc(sizeBytes);
    this.count(sizeBytes, 1);
  }

  private writeFree(sizeBytes: Bytes): void {
    this.see(sizeBytes);
    const size = this.trueSize(sizeBytes);
    super.free(size);
    this.count(size, -1);
  }

  private see(sizeBytes: Bytes): void {
    this.sized++;
    if (sizeBytes > this.largestCut) this.largestCut = sizeBytes;
  }

  /** The size itself when such a block lives, else a live larger one that the firmware would have sent so. */
  private trueSize(sizeBytes: Bytes): Bytes {
    if (this.liveCount(sizeBytes) > 0) return sizeBytes;
    const candidate = this.cutSizes.get(sizeBytes)?.find((size) => this.liveCount(size) > 0);
    if (candidate === undefined) return sizeBytes;
    this.repaired++;
    return candidate;
  }

  private learn(sizeBytes: Bytes): void {
    if (sizeBytes < 256 || this.liveCount(sizeBytes) === 0) return;
    const cut = sizeAsG1Sends(sizeBytes);
    const known = this.cutSizes.get(cut);
    if (!known) this.cutSizes.set(cut, [sizeBytes]);
    else if (!known.includes(sizeBytes) && known.length < 256) known.push(sizeBytes);
  }

  private liveCount(sizeBytes: Bytes): number {
    return (sizeBytes < SMALL_SIZES ? this.liveSmall[sizeBytes] : this.liveLarge.get(sizeBytes)) ?? 0;
  }

  private count(sizeBytes: Bytes, by: 1 | -1): void {
    const now = Math.max(0, this.liveCount(sizeBytes) + by);
    if (sizeBytes < SMALL_SIZES) this.liveSmall[sizeBytes] = now;
    else if (this.liveLarge.has(sizeBytes) || this.liveLarge.size < TRACKED_SIZES) this.liveLarge.set(sizeBytes, now);
  }
}
