import { type Address, parseAddress, type Seq } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import { type Backtrace, CUT_FRAME, type Frame, type HeapEvent } from '../trace/heap-event.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { type HistoryEntry, parseHistory } from './history-entries.js';
import { headText, TextBytes } from './text-bytes.js';

/** The whole file is one JSON text; beyond this it does not fit a string. */
const MAX_BYTES = 400 * 1024 * 1024;
/** CircuitPython's block; files with addresses tell theirs. */
const BLOCK_BYTES = 16;

/** allocation_history.json, CircuitPython's and ours (capture.md, section 2). */
export const allocationHistoryFormat: TraceFormat = {
  id: 'allocation-history',
  title: 'allocation_history.json',
  detect(head, whole) {
    const text = headText(head.subarray(0, 4096)).trim();
    if (whole && text === '[]') return 0.6;
    if (!/^\[\s*\{/.test(text)) return 0;
    return text.includes('"start_block"') ? 0.97 : 0;
  },
  open: (builder, options) => new HistoryDecoder(builder, options),
};

/** Its records are lifespans: events are made of their begins and ends. */
class HistoryDecoder implements TraceDecoder {
  private readonly bytes = new TextBytes();
  private readonly decoder = new TextDecoder();
  private readonly parts: string[] = [];
  private size = 0;
  private readonly subject: string;

  constructor(
    private readonly builder: TraceBuilder,
    options: ImportOptions,
  ) {
    this.subject = options.subject ?? 'allocation history';
  }

  push(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size > MAX_BYTES) {
      throw new TraceFormatError('HH1924', `${this.subject}: found more than ${MAX_BYTES} bytes, expected fewer`, {
        offset: MAX_BYTES,
        remedy: 'open the journal (capture.harvest) of the same capture instead',
      });
    }
    this.parts.push(this.decoder.decode(this.bytes.push(chunk), { stream: true }));
  }

  end(): void {
    const entries = parseHistory(this.parts.join('') + this.decoder.decode(this.bytes.end()), this.subject);
    const unitBytes = unitOf(entries);
    const withAddresses = entries.some((entry) => entry.address !== undefined);
    const base = withAddresses ? baseOf(entries, unitBytes) : 0;
    this.builder.add({
      kind: 'info',
      info: { source: 'allocation_history.json', sizeKind: 'block', unitBytes, hasAddresses: true },
    });
    // The bounds of the heap are not in the file; where block 0 lies is.
    this.builder.add({ kind: 'region', region: { name: 'heap', baseAddress: base, sizeBytes: 0, unitBytes } });
    const addressOf = (entry: HistoryEntry) => entry.address ?? base + entry.startBlock * unitBytes;
    new HistoryReplay(this.builder, { addressOf, unitBytes }).run(entries);
  }
}

/** Bytes of a block: from two records whose addresses and block numbers differ, as a power of two; else CircuitPython's. */
function unitOf(entries: readonly HistoryEntry[]): number {
  const known = entries.filter((entry) => entry.address !== undefined);
  const low = known.reduce<HistoryEntry | undefined>((a, b) => (a && a.startBlock <= b.startBlock ? a : b), undefined);
  const high = known.reduce<HistoryEntry | undefined>((a, b) => (a && a.startBlock >= b.startBlock ? a : b), undefined);
  if (!low || !high || low.startBlock === high.startBlock) return BLOCK_BYTES;
  const bytes = ((high.address ?? 0) - (low.address ?? 0)) / (high.startBlock - low.startBlock);
  return bytes >= 1 && bytes <= 65536 ? 2 ** Math.round(Math.log2(bytes)) : BLOCK_BYTES;
}

function baseOf(entries: readonly HistoryEntry[], unitBytes: number): Address {
  const first = entries.find((entry) => entry.address !== undefined);
  return first ? Math.max(0, (first.address ?? 0) - first.startBlock * unitBytes) : 0;
}

interface Moment {
  ends?: HistoryEntry;
  begins?: HistoryEntry;
}

/** Puts the begins and ends of the records back into the order of the events. */
class HistoryReplay {
  private readonly stacks = new Map<string, Backtrace>();

  constructor(
    private readonly builder: TraceBuilder,
    private readonly layout: { readonly addressOf: (entry: HistoryEntry) => Address; readonly unitBytes: number },
  ) {}

  run(entries: readonly HistoryEntry[]): void {
    const moments = new Map<Seq, Moment>();
    const at = (time: Seq): Moment => {
      const known = moments.get(time) ?? {};
      moments.set(time, known);
      return known;
    };
    let implied = 0;
    for (const entry of entries) {
      at(entry.startTime).begins = entry;
      if (entry.endCause === undefined) continue;
      if (entry.endCause === 'epoch' || entry.endCause === 'implied') implied++;
      else at(entry.endTime).ends = entry;
    }
    for (const time of [...moments.keys()].sort((a, b) => a - b)) {
      const event = this.eventOf(moments.get(time) ?? {});
      if (event) this.builder.add(event);
    }
    const total = entries.reduce((most, entry) => Math.max(most, entry.endTime), 0);
    if (total > moments.size + implied) {
      this.builder.add({
        kind: 'note',
        code: 'history-events-missing',
        text: `the file counts ${total} events and holds ${moments.size}: those that made or ended no block are not in it`,
      });
    }
  }

  private eventOf({ begins, ends }: Moment): HeapEvent | undefined {
    if (begins) {
      const address = this.layout.addressOf(begins);
      const sizeBytes = begins.bytes ?? begins.size * this.layout.unitBytes;
      const common = { address, sizeBytes, ...this.backtrace(begins.startTrace) };
      if (ends?.endCause !== 'realloc') return { kind: 'alloc', ...common };
      return { kind: 'realloc', fromAddress: this.layout.addressOf(ends), ...common };
    }
    if (!ends) return undefined;
    const kind = ends.endCause === 'sweep' ? 'sweep' : 'free';
    return { kind, address: this.layout.addressOf(ends), ...this.backtrace(ends.endTrace) };
  }

  private backtrace(trace: HistoryEntry['startTrace']): { backtrace?: Backtrace } {
    if (trace.length === 0) return {};
    const key = JSON.stringify(trace);
    const known = this.stacks.get(key) ?? trace.map(frameOf);
    this.stacks.set(key, known);
    return { backtrace: known };
  }
}

function frameOf([address, location, functionName]: HistoryEntry['startTrace'][number]): Frame {
  const at = /^(.*):(\d{1,9})$/.exec(location);
  return {
    address: parseAddress(address) ?? 0,
    functionName: functionName === '??' ? '' : functionName,
    file: at?.[1] ?? location,
    line: Number(at?.[2] ?? 0),
    ...(functionName === '<signal handler called>' ? { kind: 'signal' as const } : {}),
    ...(functionName === CUT_FRAME.functionName && location === '' ? { kind: 'cut' as const } : {}),
  };
}
