import type { Frame, FreeEvent, HeapEvent, TraceRecord } from '../trace/heap-event.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import {
  type AlloctraceEvent,
  type AlloctraceHeader,
  MAX_BACKTRACE,
  parseEvent,
  parseFrame,
  parseHeader,
  parseInfo,
} from './alloctrace-document.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { integerList, JsonFields } from './json-fields.js';
import { type JsonMember, JsonMembers } from './json-members.js';
import { headText, TextBytes } from './text-bytes.js';

/** The JSON of `GET /trace` (alloctrace protocol), from a board or from another harvester. */
export const alloctraceJson: TraceFormat = {
  id: 'alloctrace',
  title: 'alloctrace ring (JSON of GET /trace)',
  detect(head) {
    const text = headText(head);
    if (!/^\s*\{/.test(text) || !text.includes('"header"')) return 0;
    return text.includes('"anchorWallMs"') ? 0.95 : 0;
  },
  open: (builder, options) => new AlloctraceDecoder(builder, options),
};

/** A record that stands between two events, as the `between` member of our own documents has it. */
interface Between {
  readonly beforeEvent: number;
  readonly record: TraceRecord;
}

/** Reads the document member by member; whole events that arrived before a cut are kept. */
export class AlloctraceDecoder implements TraceDecoder {
  private readonly text = new TextBytes();
  private readonly members: JsonMembers;
  private readonly subject: string;
  private readonly frames: Frame[] = [];
  private readonly stacks: (readonly Frame[])[] = [];
  private readonly byPcs = new Map<string, readonly Frame[]>();
  private readonly between: Between[] = [];
  private flushed = 0;
  private fromHarvester = false;
  private hasClock = true;
  private sawEvents = false;
  private lastSeq = -1;
  /** What the header said; undefined until it has arrived. */
  header: AlloctraceHeader | undefined;
  /** Events read so far. */
  eventCount = 0;

  constructor(
    private readonly builder: TraceBuilder,
    options: ImportOptions = {},
  ) {
    this.subject = options.subject ?? 'alloctrace';
    this.members = new JsonMembers(this.subject, (member) => this.take(member));
    builder.info = { ...builder.info, source: 'alloctrace ring' };
  }

  /** Whether the whole document has arrived. */
  get complete(): boolean {
    return this.members.complete;
  }

  push(chunk: Uint8Array): void {
    this.members.push(this.text.push(chunk));
  }

  end(): void {
    this.members.push(this.text.end());
    this.flush(Number.POSITIVE_INFINITY);
    if (this.header && !this.fromHarvester) this.addRingGaps(this.header);
    if (this.complete) {
      if (this.header && this.sawEvents) return;
      const missing = this.header ? 'events' : 'header';
      this.builder.add({
        kind: 'note',
        code: 'alloctrace-member',
        text: `${this.subject}: has no "${missing}" member`,
      });
      this.builder.info = { ...this.builder.info, complete: false };
      return;
    }
    const reason = `cut off after ${this.members.bytesRead} bytes, ${this.eventCount} events arrived whole`;
    this.builder.add({ kind: 'gap', reason });
    this.builder.add({ kind: 'note', code: 'alloctrace-cut', text: `${this.subject}: ${reason}` });
  }

  private take({ key, index, value }: JsonMember): void {
    const where = `${this.subject}: ${key}${index < 0 ? '' : `[${index}]`}`;
    switch (key) {
      case 'header':
        if (index < 0) this.takeHeader(parseHeader(value, where));
        return;
      case 'harvest':
        this.takeHarvest(new JsonFields(value, where), where);
        return;
      case 'frames':
        if (index >= 0) this.frames.push(parseFrame(value, where));
        return;
      case 'stacks':
        if (index >= 0) this.stacks.push(this.stackOf(integerList(value, where, MAX_BACKTRACE)));
        return;
      case 'between':
        if (index >= 0) this.between.push(this.parseBetween(value, where));
        return;
      case 'events':
        this.sawEvents = true;
        if (index >= 0) this.takeEvent(parseEvent(value, where));
        return;
      default:
        // Unknown members are ignored, as the protocol asks.
        return;
    }
  }

  private takeHeader(header: AlloctraceHeader): void {
    this.header = header;
    const { overwritten, collapsed, caps } = header;
    for (const region of header.regions)
      this.builder.add({ kind: 'region', region: { ...region, unitBytes: region.unitBytes ?? 1 } });
    const { info } = this.builder;
    this.builder.info = {
      ...info,
      startedAtWallMs: info.startedAtWallMs ?? header.anchorWallMs,
      dropped: { ...info.dropped, overwritten, collapsed },
      ...(caps ? { caps } : {}),
    };
  }

  private takeHarvest(fields: JsonFields, where: string): void {
    this.fromHarvester = true;
    this.hasClock = fields.optionalBoolean('hasClock') ?? true;
    if (!fields.has('info')) return;
    this.builder.add({ kind: 'info', info: parseInfo(fields.value('info'), `${where}.info`) });
  }

  private takeEvent(event: AlloctraceEvent): void {
    this.flush(this.eventCount);
    if (!this.fromHarvester) this.watchSequence(event.seq);
    this.lastSeq = event.seq;
    this.eventCount++;
    this.builder.add(this.heapEvent(event));
  }

  /** A number that jumps tells how many events are missing; one that falls back tells that the count began anew. */
  private watchSequence(seq: number): void {
    if (this.lastSeq < 0 || seq === this.lastSeq + 1) return;
    if (seq > this.lastSeq) {
      const lostEvents = seq - this.lastSeq - 1;
      this.builder.add({ kind: 'gap', reason: `sequence numbers jump from ${this.lastSeq} to ${seq}`, lostEvents });
    } else this.builder.add({ kind: 'gap', reason: `sequence numbers fall from ${this.lastSeq} to ${seq}` });
  }

  private heapEvent(event: AlloctraceEvent): HeapEvent {
    const { address, sizeBytes, largestBefore, largestAfter, task, requestedBytes, fromSizeBytes } = event;
    const backtrace = this.backtrace(event);
    const common = {
      address,
      ...(this.hasClock ? { atUs: event.atUs } : {}),
      ...(backtrace === undefined ? {} : { backtrace }),
      ...(largestBefore === undefined ? {} : { largestBeforeBytes: largestBefore }),
      ...(largestAfter === undefined ? {} : { largestAfterBytes: largestAfter }),
      ...(task === undefined ? {} : { task }),
    };
    const requested = requestedBytes === undefined ? {} : { requestedBytes };
    switch (event.kind) {
      case 'alloc':
        if (event.existing) return { kind: 'existing', sizeBytes, ...common };
        return { kind: 'alloc', sizeBytes, ...requested, ...common };
      case 'free': {
        const kind: FreeEvent['kind'] = event.sweep ? 'sweep' : 'free';
        return { kind, ...(sizeBytes > 0 ? { sizeBytes } : {}), ...common };
      }
      case 'realloc': {
        const from = { fromAddress: event.from ?? address, ...(fromSizeBytes === undefined ? {} : { fromSizeBytes }) };
        return { kind: 'realloc', sizeBytes, ...from, ...requested, ...common };
      }
    }
  }

  private backtrace(event: AlloctraceEvent): readonly Frame[] | undefined {
    if (event.stack !== undefined) {
      const stack = this.stacks[event.stack];
      if (stack) return stack;
    }
    const { pc, backtrace } = event;
    const pcs = pc !== 0 && backtrace[0] !== pc ? [pc, ...backtrace] : backtrace;
    if (pcs.length === 0) return undefined;
    const key = pcs.join();
    const known = this.byPcs.get(key);
    if (known) return known;
    const frames = pcs.map((address): Frame => ({ address, functionName: '', file: '', line: 0 }));
    // Distinct stacks are few on a real board; a hostile document must not fill the memory twice.
    if (this.byPcs.size < 65536) this.byPcs.set(key, frames);
    return frames;
  }

  private stackOf(ids: readonly number[]): readonly Frame[] {
    return ids.flatMap((id) => this.frames[id] ?? []);
  }

  private parseBetween(value: unknown, where: string): Between {
    const fields = new JsonFields(value, where);
    const beforeEvent = fields.integer('beforeEvent');
    const kind = fields.choice('kind', ['mark', 'gap', 'epoch', 'note', 'failed']);
    const atUs = fields.optionalNumber('atUs');
    const at = atUs === undefined ? {} : { atUs };
    const lostEvents = fields.optionalInteger('lostEvents');
    switch (kind) {
      case 'mark':
        return { beforeEvent, record: { kind, name: fields.string('name'), ...at } };
      case 'gap':
        return {
          beforeEvent,
          record: { kind, reason: fields.string('reason'), ...(lostEvents === undefined ? {} : { lostEvents }) },
        };
      case 'epoch':
        return { beforeEvent, record: { kind, reason: fields.string('reason') } };
      case 'note':
        return { beforeEvent, record: { kind, code: fields.string('code'), text: fields.string('text') } };
      case 'failed': {
        const stack = fields.optionalInteger('stack');
        const backtrace = stack === undefined ? undefined : this.stacks[stack];
        const from = fields.optionalInteger('from');
        return {
          beforeEvent,
          record: {
            kind,
            sizeBytes: fields.integer('sizeBytes'),
            ...(from === undefined ? {} : { fromAddress: from }),
            ...(backtrace === undefined ? {} : { backtrace }),
            ...at,
          },
        };
      }
    }
  }

  private flush(upTo: number): void {
    for (let next = this.between[this.flushed]; next && next.beforeEvent <= upTo; next = this.between[++this.flushed])
      this.builder.add(next.record);
  }

  /** A board's header tells in counters what one of our own documents tells as gaps. */
  private addRingGaps(header: AlloctraceHeader): void {
    const { overwritten, ring } = header;
    const before: { reason: string; lostEvents?: number }[] = [];
    if (overwritten > 0) before.push({ reason: 'overwritten by the rolling ring', lostEvents: overwritten });
    if (header.truncated) {
      const lostEvents = Math.max(0, ring.count - this.eventCount);
      before.push({ reason: 'only the newest events were sent', ...(this.complete ? { lostEvents } : {}) });
    }
    if (before.length > 0) {
      this.builder.gaps.unshift(...before.map((gap) => ({ beforeSeq: 0, ...gap })));
      this.builder.info = { ...this.builder.info, complete: false };
    }
    if (header.stopOnFull && ring.capacity > 0 && ring.count >= ring.capacity)
      this.builder.add({ kind: 'gap', reason: 'the ring is full: later events were not recorded' });
  }
}
