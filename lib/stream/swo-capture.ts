import type { ImportOptions, TraceDecoder, TraceFormat } from '../formats/format.js';
import { detectSwo } from '../formats/itm/swo.js';
import { SwoDecoder, type SwoFraming } from '../formats/itm/swo-decoder.js';
import { formatById } from '../formats/registry.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import { type ByteStream, streamItems } from './byte-stream.js';
import { type LiveItem, liveDecode } from './live-decode.js';
import type { ReopenOptions } from './serial-finder.js';

/** What an SWO stream is read as. */
export interface SwoCaptureOptions extends ReopenOptions {
  /** How ports are carried; absent: told by the first bytes. */
  readonly framing?: SwoFraming;
  /** 31 (Drone OS) unless told otherwise. */
  readonly tracePort?: number;
  /** What the trace port carries: a format's id; `drone` unless told otherwise. */
  readonly format?: string;
  readonly importOptions?: ImportOptions;
}

/** The framing is settled when the first bytes are this clear, or when there are so many. */
const SURE = 0.9;
const HEAD_BYTES = 16_384;

/**
 * Captures a live SWO stream from a probe's serial device, a TCP port (OpenOCD's) or a file: the trace port becomes records, the
 * other ports are console text. Ends cleanly on abort.
 * @throws what the source and the decoder throw, after everything whole was yielded.
 */
export function captureSwo(source: ByteStream, options: SwoCaptureOptions = {}): AsyncGenerator<LiveItem> {
  return liveDecode(streamItems(source, options), liveSwoFormat(options), options.importOptions);
}

/** The format of such a stream: like `swo` of the registry, but with a settled or an early decided framing. */
export function liveSwoFormat(options: SwoCaptureOptions = {}): TraceFormat {
  const inner = formatById(options.format ?? 'drone');
  return {
    id: 'swo-live',
    title: `live SWO stream, ${inner.title} on port ${options.tracePort ?? 31}`,
    detect: (head) => detectSwo(head).confidence,
    open: (builder, importOptions) => new LiveSwoDecoder(builder, inner, { ...importOptions, ...options }),
  };
}

class LiveSwoDecoder implements TraceDecoder {
  private readonly trace: TraceDecoder;
  private head: Uint8Array = new Uint8Array(0);
  private swo: SwoDecoder | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    inner: TraceFormat,
    private readonly options: ImportOptions & SwoCaptureOptions,
  ) {
    this.trace = inner.open(builder, options);
    if (options.framing) this.swo = this.open(options.framing);
  }

  push(chunk: Uint8Array): void {
    if (this.swo) {
      this.swo.push(chunk);
      return;
    }
    this.head = Buffer.concat([this.head, chunk]);
    const { framing, confidence } = detectSwo(this.head.subarray(0, HEAD_BYTES));
    if (confidence >= SURE || this.head.length >= HEAD_BYTES) this.begin(framing);
  }

  end(): void {
    if (!this.swo) this.begin(detectSwo(this.head).framing);
    const left = this.swo?.end() ?? 0;
    if (left > 0) this.lost(`torn tail: ${left} bytes of an unfinished packet end the input`);
    this.trace.end();
  }

  private begin(framing: SwoFraming): void {
    this.swo = this.open(framing);
    this.builder.add({ kind: 'note', code: 'swo-framing', text: `read as ${framing} (found by content)` });
    this.swo.push(this.head);
    this.head = new Uint8Array(0);
  }

  private open(framing: SwoFraming): SwoDecoder {
    const { tracePort } = this.options;
    return new SwoDecoder(
      framing,
      {
        trace: (bytes) => this.trace.push(bytes),
        console: (port, bytes) => this.options.onConsole?.(port, bytes),
        lost: (reason) => this.lost(reason),
      },
      tracePort === undefined ? {} : { tracePort },
    );
  }

  private lost(reason: string): void {
    // Drone's decoder must also find the start of the next record again.
    if ('lost' in this.trace && typeof this.trace.lost === 'function') this.trace.lost(reason);
    else this.builder.add({ kind: 'gap', reason });
  }
}
