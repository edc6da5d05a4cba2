import type { ColumnKernel } from '../varint-reader.js';
import { KERNEL_BYTES } from './kernel-bytes.js';

/** The rest of a function's numbers, in the order of assembly/sums.ts. */
type Numbers = readonly number[];

/** What the module gives (assembly/index.ts). Places are numbers of bytes in its memory; the globals are places of its own tables. */
export interface KernelExports {
  take(bytes: number): number;
  differences(at: number, end: number, out: number, count: number, unsigned: number): number;
  bytesBelow(at: number, count: number, limit: number): number;
  clampIds(at: number, count: number, limit: number): number;
  follow(
    firstSeq: number,
    count: number,
    ...columns: readonly [kind: number, address: number, sizeBytes: number, stack: number, told: number]
  ): number;
  sortLive(): number;
  liveAt(): number;
  slotCount(): number;
  slotsAt(): number;
  peakBytes(): number;
  peakCount(): number;
  peakEvent(): number;
  foundCount(): number;
  tellNumbers(): void;
  sumStackBytes(count: number, kind: number, sizeBytes: number, stack: number, ...table: Numbers): number;
  sumLive(from: number, to: number, sizeBytes: number, stack: number, ...table: Numbers): void;
  sumTree(count: number, firstSeq: number, kind: number, sizeBytes: number, stack: number, ...tables: Numbers): void;
  sumSources(count: number, firstSeq: number, kind: number, sizeBytes: number, stack: number, ...tables: Numbers): void;
  sumSizes(count: number, sizeBytes: number, rows: number, limit: number): number;
  lifetimes(count: number, firstSeq: number, counts: number, limit: number, out: number): number;
  sumKinds(count: number, kind: number, counts: number): void;
  sumPhase(count: number, kind: number, sizeBytes: number, state: number): void;
  openGaps(base: number, end: number): number;
  sumGaps(from: number, to: number, firstSeq: number, address: number, sizeBytes: number, ...tables: Numbers): number;
  readonly openedBlock: WebAssembly.Global;
  readonly endedBlock: WebAssembly.Global;
  readonly endedStart: WebAssembly.Global;
  readonly endedAddress: WebAssembly.Global;
  readonly endedSize: WebAssembly.Global;
  readonly endedStack: WebAssembly.Global;
  readonly fromAddress: WebAssembly.Global;
  readonly findings: WebAssembly.Global;
}

/** Fewer values are read sooner than they are handed over. */
const MIN_COUNT = 256;
/** Read, and not used, behind the bytes of a chunk. */
const SPARE_BYTES = 8;
/** Of 64 KiB: 1 GiB, for some twenty million places at which blocks lay. */
const MAX_PAGES = 16384;

/** Whether the kernel had no memory left: what it was asked is to be found in another way. */
export function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}

/**
 * The loops over millions of events in WebAssembly: compiled at once, where the same in TypeScript runs slowly first. Its memory is shared, so that
 * views of it stay valid when it grows.
 */
export class EventKernel implements ColumnKernel {
  readonly memory: WebAssembly.Memory;
  readonly exports: KernelExports;
  /** Every buffer that views were made of: there is another one each time the memory grew. */
  private readonly buffers = new WeakSet<object>();
  private input = 0;
  private inputRoom = 0;
  /** The chunk that lies in `input`. */
  private chunk: Uint8Array | undefined;

  private constructor(maximum: number) {
    this.memory = new WebAssembly.Memory({ initial: 32, maximum, shared: true });
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes()), { env: { memory: this.memory } })
      .exports as unknown as KernelExports;
  }

  /** Undefined where there is no WebAssembly, or no memory for it. */
  static open(maxPages = MAX_PAGES): EventKernel | undefined {
    try {
      return new EventKernel(maxPages);
    } catch {
      return undefined;
    }
  }

  bytes(length: number, at = this.exports.take(length)): Uint8Array {
    return new Uint8Array(this.buffer(), at, length);
  }

  numbers(length: number, at = this.exports.take(length * 4)): Uint32Array {
    return new Uint32Array(this.buffer(), at, length);
  }

  integers(length: number, at = this.exports.take(length * 4)): Int32Array {
    return new Int32Array(this.buffer(), at, length);
  }

  floats(length: number, at = this.exports.take(length * 8)): Float64Array {
    return new Float64Array(this.buffer(), at, length);
  }

  /** Whether a view is one of the kernel's memory. */
  owns(view: ArrayBufferView): boolean {
    return this.buffers.has(view.buffer);
  }

  /** A table in the kernel's memory: itself where it lies there, else a copy, to be used from then on. */
  held<A extends Float64Array | Int32Array>(table: A): A {
    if (this.owns(table)) return table;
    const { length } = table;
    const own = (table instanceof Float64Array ? this.floats(length) : this.integers(length)) as A;
    own.set(table);
    return own;
  }

  differences(bytes: Uint8Array, offset: number, out: ArrayBufferView, from: number, count: number): number {
    if (count < MIN_COUNT || !this.owns(out)) return 0;
    const input = this.inputOf(bytes);
    const [at, end, to] = [input + offset, input + bytes.length, out.byteOffset + from * 4];
    const ended = this.exports.differences(at, end, to, count, out instanceof Uint32Array ? 1 : 0);
    return ended === 0 ? 0 : ended - input;
  }

  bytesBelow(bytes: Uint8Array, offset: number, count: number, limit: number): boolean {
    return count >= MIN_COUNT && this.exports.bytesBelow(this.inputOf(bytes) + offset, count, limit) !== 0;
  }

  clampIds(ids: Int32Array, limit: number): boolean {
    return this.owns(ids) && this.exports.clampIds(ids.byteOffset, ids.length, limit) !== 0;
  }

  private buffer(): ArrayBuffer {
    const { buffer } = this.memory;
    this.buffers.add(buffer);
    return buffer;
  }

  /** Where a chunk lies in the kernel's memory, to which it is copied once. */
  private inputOf(bytes: Uint8Array): number {
    if (bytes === this.chunk) return this.input;
    if (bytes.length + SPARE_BYTES > this.inputRoom) {
      this.inputRoom = 2 * (bytes.length + SPARE_BYTES);
      this.input = this.exports.take(this.inputRoom);
    }
    this.bytes(bytes.length, this.input).set(bytes);
    this.chunk = bytes;
    return this.input;
  }
}

/** In a loop: a function for each byte takes longer than compiling them. */
function kernelBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(KERNEL_BYTES);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
