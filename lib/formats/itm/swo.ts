import type { TraceBuilder } from '../../trace/trace-builder.js';
import { detectDrone } from '../drone/drone.js';
import { DroneAutoDecoder } from '../drone/drone-auto.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from '../format.js';
import { SWO_FRAMINGS, SwoDecoder, type SwoFraming } from './swo-decoder.js';

/** A Drone OS trace inside raw SWO bytes (port 31), whatever carries them. */
export const swoFormat: TraceFormat = {
  id: 'swo',
  title: 'raw SWO bytes (ITM, TPIU, Drone DSO or Stream) with a Drone OS trace on port 31',
  detect: (head) => detectSwo(head).confidence,
  open: (builder, options) => new SwoTraceDecoder(builder, options),
};

/** How a stream carries its ports, judged by its first bytes; `itm` at confidence 0 when nothing is recognised. */
export function detectSwo(head: Uint8Array): { readonly framing: SwoFraming; readonly confidence: number } {
  let best: { framing: SwoFraming; confidence: number } = { framing: 'itm', confidence: 0 };
  for (const framing of SWO_FRAMINGS) {
    const confidence = confidenceOf(head, framing);
    if (confidence > best.confidence) best = { framing, confidence };
  }
  return best;
}

const SAMPLE = 16_384;

function confidenceOf(head: Uint8Array, framing: SwoFraming): number {
  const sample = new Uint8Array(SAMPLE);
  let length = 0;
  let blocks = 0;
  let syncs = 0;
  const decoder = new SwoDecoder(framing, {
    trace: (bytes) => {
      const part = bytes.subarray(0, SAMPLE - length);
      sample.set(part, length);
      length += part.length;
    },
    console: () => blocks++,
    sync: () => syncs++,
  });
  decoder.push(head);
  const { reservedBytes } = decoder;
  if (reservedBytes * 50 > head.length) return 0;
  const drone = detectDrone(sample.subarray(0, length));
  if (drone > 0.6) return reservedBytes === 0 ? 0.92 : 0.7;
  if (drone > 0) return reservedBytes === 0 ? 0.72 : 0.3;
  if (syncs > 0 && reservedBytes === 0 && framing !== 'drone-stream') return framing === 'tpiu' ? 0.65 : 0.6;
  return framing === 'dso' && reservedBytes === 0 && blocks + length > 0 ? 0.5 : 0;
}

/** The framing is decided at this offset at the latest, whatever the chunks. */
const PREFIX_BYTES = 16_384;
const MAX_LOSSES = 100_000;

class SwoTraceDecoder implements TraceDecoder {
  private readonly drone: DroneAutoDecoder;
  private head: Uint8Array | undefined = new Uint8Array(PREFIX_BYTES);
  private headLength = 0;
  private swo: SwoDecoder | undefined;
  private readonly passedOver = new Map<number, number>();
  private losses = 0;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    this.drone = new DroneAutoDecoder(builder, options);
  }

  push(chunk: Uint8Array): void {
    if (!this.head) {
      this.swo?.push(chunk);
      return;
    }
    const part = chunk.subarray(0, PREFIX_BYTES - this.headLength);
    this.head.set(part, this.headLength);
    this.headLength += part.length;
    if (this.headLength < PREFIX_BYTES) return;
    this.begin();
    if (part.length < chunk.length) this.swo?.push(chunk.subarray(part.length));
  }

  end(): void {
    if (this.head) this.begin();
    const left = this.swo?.end() ?? 0;
    if (left > 0) this.drone.lost(`torn tail: ${left} bytes of an unfinished packet end the input`);
    this.drone.end();
    this.addNotes();
  }

  private begin(): void {
    const head = (this.head ?? new Uint8Array(0)).subarray(0, this.headLength);
    this.head = undefined;
    const { framing } = detectSwo(head);
    this.swo = new SwoDecoder(framing, {
      trace: (bytes) => this.drone.push(bytes),
      console: (port, bytes) => this.console(port, bytes),
      lost: (reason) => {
        // A stream that is not SWO at all must not fill the memory with gaps.
        if (this.losses++ < MAX_LOSSES) this.drone.lost(reason);
      },
    });
    this.builder.add({ kind: 'note', code: 'swo-framing', text: `read as ${framing} (found by content)` });
    this.swo.push(head);
  }

  private console(port: number, bytes: Uint8Array): void {
    if (this.options.onConsole) this.options.onConsole(port, bytes);
    else this.passedOver.set(port, (this.passedOver.get(port) ?? 0) + bytes.length);
  }

  private addNotes(): void {
    const note = (code: string, text: string) => this.builder.add({ kind: 'note', code, text });
    if (this.swo && this.swo.overflows > 0) note('swo-overflow', `the target reported ${this.swo.overflows} overflows`);
    if (this.losses > MAX_LOSSES)
      note('swo-losses', `${this.losses} places of lost data, the first ${MAX_LOSSES} as gaps`);
    for (const [port, bytes] of [...this.passedOver].sort((a, b) => a[0] - b[0])) {
      note('swo-console', `${bytes} bytes of console text on port ${port} are not part of the trace`);
    }
    if (this.builder.eventCount === 0) note('swo-no-trace', 'nothing arrived on port 31');
  }
}
