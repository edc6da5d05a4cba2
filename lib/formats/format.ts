import type { Address, Bytes } from '../base/units.js';
import type { Frame } from '../trace/heap-event.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { NearMiss } from './near-miss.js';

/** What a reader may need to know that is not in the file itself. All optional; a reader takes what it understands. */
export interface ImportOptions {
  /** Drone OS: sizes above it prove a wrong guess. */
  readonly heapSizeBytes?: Bytes;
  /** For messages: a file name, `stdin`, a port. */
  readonly subject?: string;
  /** Generic importers: column names by role, `address=ptr,size=bytes`. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Line patterns of an unknown log, `alloc: {address} {size}`, tried in this order; given, they decide the format. */
  readonly patterns?: readonly string[];
  /** Drone OS G1: leave out the alloc(new) and free(old) that v0.14 firmware records after each grow or shrink. */
  readonly dropInnerPairs?: boolean;
  /** ESP-IDF: turns `ccount` into time. Without it such records have no time. */
  readonly cpuFrequencyHz?: number;
  /** The frames at a code address, innermost first (more than one where calls were inlined); empty when unknown. */
  readonly resolve?: (address: Address) => readonly Frame[];
  /** SWO: takes what arrives on the other ports (printf output), as it comes. */
  readonly onConsole?: (port: number, bytes: Uint8Array) => void;
}

/**
 * Decodes one input, pushed in pieces cut anywhere; events go to the builder as soon as they are whole.
 * A piece is valid during the call only: what is still needed of it is copied.
 * A bad record throws TraceFormatError; what was added before stays in the builder. Data that the producer lost becomes a gap.
 */
export interface TraceDecoder {
  push(chunk: Uint8Array): void;
  /** Records that were understood and are held until the end, where a format needs them all: they show that there is progress. */
  readonly heldRecords?: number;
  /** The input is over: a torn tail becomes a gap and a note. */
  end(): void;
}

/** One trace format: how to recognise it by content and how to read it. */
export interface TraceFormat {
  /** What `--format` takes. */
  readonly id: string;
  readonly title: string;
  /**
   * How sure the first bytes (up to 64 KiB; `whole` when that is all there is) make one that the input has this format:
   * 0 no, 0.5 plausible, 1 certain (a magic number). The registry takes the highest.
   */
  detect(head: Uint8Array, whole: boolean): number;
  /**
   * Why a text that this format refused looks like one of it: asked when no format takes an input, with the lines that `detect` saw.
   * Undefined (or no such function) when it does not look like one at all.
   */
  nearMiss?(lines: readonly string[]): NearMiss | undefined;
  open(builder: TraceBuilder, options: ImportOptions): TraceDecoder;
}

/** Decodes an input that is all there, in one call. */
export function decodeAll(
  format: TraceFormat,
  bytes: Uint8Array,
  into: TraceBuilder,
  options: ImportOptions = {},
): void {
  const decoder = format.open(into, options);
  decoder.push(bytes);
  decoder.end();
}
