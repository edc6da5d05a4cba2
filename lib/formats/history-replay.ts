import { type Address, type Bytes, parseAddress, type Seq, type StackId } from '../base/units.js';
import { CUT_FRAME, type Frame } from '../trace/heap-event.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { HistoryEntry } from './history-entries.js';

/** CircuitPython's block; files with addresses tell theirs. */
const BLOCK_BYTES = 16;

/** A record with its backtraces interned: files repeat them in every record. */
type Entry = Omit<HistoryEntry, 'startTrace' | 'endTrace'> & {
  readonly startStack: StackId;
  readonly endStack: StackId;
};

interface Moment {
  ends?: Entry;
  begins?: Entry;
}

/** Puts the begins and ends of the records back into the order of the events. */
export class HistoryReplay {
  private readonly entries: Entry[] = [];
  private readonly stacks = new Map<string, StackId>();
  private unitBytes: Bytes = BLOCK_BYTES;
  private base: Address = 0;

  constructor(private readonly builder: TraceBuilder) {}

  add({ startTrace, endTrace, ...entry }: HistoryEntry): void {
    this.entries.push({ ...entry, startStack: this.stackOf(startTrace), endStack: this.stackOf(endTrace) });
  }

  /** All records are there: gives the builder what they say. */
  run(): void {
    const { entries } = this;
    this.unitBytes = unitOf(entries);
    this.base = baseOf(entries, this.unitBytes);
    const { unitBytes, base } = this;
    this.builder.add({
      kind: 'info',
      info: { source: 'allocation_history.json', sizeKind: 'block', unitBytes, hasAddresses: true },
    });
    if (entries.length > 0 && entries.every(({ address }) => address === undefined)) {
      this.builder.add({
        kind: 'note',
        code: 'history-block-numbers',
        text: `the file has block numbers and no addresses: addresses count from the begin of the heap, in blocks of ${unitBytes} bytes`,
      });
    }
    // The bounds of the heap are not in the file; where block 0 lies is.
    this.builder.add({ kind: 'region', region: { name: 'heap', baseAddress: base, sizeBytes: 0, unitBytes } });
    this.addEvents();
  }

  private addEvents(): void {
    const moments = new Map<Seq, Moment>();
    const at = (time: Seq): Moment => {
      const known = moments.get(time) ?? {};
      moments.set(time, known);
      return known;
    };
    let implied = 0;
    let total = 0;
    for (const entry of this.entries) {
      total = Math.max(total, entry.endTime);
      at(entry.startTime).begins = entry;
      if (entry.endCause === undefined) continue;
      if (entry.endCause === 'epoch' || entry.endCause === 'implied') implied++;
      else at(entry.endTime).ends = entry;
    }
    for (const time of [...moments.keys()].sort((a, b) => a - b)) this.addEvent(moments.get(time) ?? {});
    if (total > moments.size + implied) {
      this.builder.add({
        kind: 'note',
        code: 'history-events-missing',
        text: `the file counts ${total} events and holds ${moments.size}: those that made or ended no block are not in it`,
      });
    }
  }

  private addEvent({ begins, ends }: Moment): void {
    if (begins) {
      const sizeBytes = begins.bytes ?? begins.size * this.unitBytes;
      const isRealloc = ends?.endCause === 'realloc';
      const kind = isRealloc ? EventKind.realloc : EventKind.alloc;
      this.builder.addEvent(kind, this.addressOf(begins), sizeBytes, begins.startStack);
      if (isRealloc) this.builder.setLast('fromAddress', this.addressOf(ends));
    } else if (ends) {
      const kind = ends.endCause === 'sweep' ? EventKind.sweep : EventKind.free;
      this.builder.addEvent(kind, this.addressOf(ends), 0, ends.endStack);
    }
  }

  private addressOf(entry: Entry): Address {
    return entry.address ?? this.base + entry.startBlock * this.unitBytes;
  }

  private stackOf(trace: HistoryEntry['startTrace']): StackId {
    if (trace.length === 0) return -1;
    const key = trace.map((frame) => frame.join('\t')).join('\n');
    const known = this.stacks.get(key);
    if (known !== undefined) return known;
    const id = this.builder.internStack(trace.map(frameOf));
    this.stacks.set(key, id);
    return id;
  }
}

/** Bytes of a block: from two records whose addresses and block numbers differ, as a power of two; else CircuitPython's. */
function unitOf(entries: readonly Entry[]): Bytes {
  let low: Entry | undefined;
  let high: Entry | undefined;
  for (const entry of entries) {
    if (entry.address === undefined) continue;
    if (!low || entry.startBlock < low.startBlock) low = entry;
    if (!high || entry.startBlock >= high.startBlock) high = entry;
  }
  if (!low || !high || low.startBlock === high.startBlock) return BLOCK_BYTES;
  const bytes = ((high.address ?? 0) - (low.address ?? 0)) / (high.startBlock - low.startBlock);
  return bytes >= 1 && bytes <= 65536 ? 2 ** Math.round(Math.log2(bytes)) : BLOCK_BYTES;
}

/** Where block 0 lies; 0 when no record tells an address. */
function baseOf(entries: readonly Entry[], unitBytes: Bytes): Address {
  const first = entries.find((entry) => entry.address !== undefined);
  return first ? Math.max(0, (first.address ?? 0) - first.startBlock * unitBytes) : 0;
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
