import type { Address, Bytes, Seq, StackId } from '../base/units.js';
import { byteColumn, type Column, floatColumn, intColumn, NumberColumn } from './column.js';
import type {
  Backtrace,
  Epoch,
  Gap,
  HeapEvent,
  HeapLevel,
  HeapRegion,
  Mark,
  Note,
  RawSample,
  TraceInfo,
  TraceRecord,
} from './heap-event.js';
import type { ObjectGraph } from './object-graph.js';
import { InternTables } from './tables.js';
import { EVENT_KINDS, type Trace } from './trace.js';

const DEFAULT_INFO: TraceInfo = {
  source: 'unknown',
  hasAddresses: true,
  sizeKind: 'requested',
  unitBytes: 1,
  complete: true,
};

/** The columns that not every trace has. */
export type OptionalName =
  | 'fromAddress'
  | 'fromSizeBytes'
  | 'requestedBytes'
  | 'atUs'
  | 'task'
  | 'largestBeforeBytes'
  | 'largestAfterBytes';
export const OPTIONAL_COLUMNS: readonly OptionalName[] = [
  'fromAddress',
  'fromSizeBytes',
  'requestedBytes',
  'atUs',
  'task',
  'largestBeforeBytes',
  'largestAfterBytes',
];

/**
 * Collects events into columns and interns what repeats. `add` takes any record; readers of large inputs use
 * `addEvent` (no object per event) with a stack made by `internStack` or `tables.push`.
 */
export class TraceBuilder {
  readonly kind = byteColumn();
  readonly address = new NumberColumn();
  readonly sizeBytes = new NumberColumn();
  readonly stack = intColumn();
  /** A column exists from the first event that fills it; events before it read as unknown. */
  readonly optional: Partial<Record<OptionalName, Column<Float64Array>>> = {};
  readonly regions: HeapRegion[] = [];
  readonly marks: Mark[] = [];
  readonly gaps: Gap[] = [];
  readonly epochs: Epoch[] = [];
  readonly notes: Note[] = [];
  readonly levels: HeapLevel[] = [];
  readonly rawSamples: RawSample[] = [];
  readonly graphs: ObjectGraph[] = [];
  info: TraceInfo;
  /** Events that were added and are not kept: the columns begin after them. */
  forgotten = 0;

  /** With the tables of another builder where the same input is read again. */
  constructor(
    info: Partial<TraceInfo> = {},
    readonly tables = new InternTables(),
  ) {
    this.info = { ...DEFAULT_INFO, ...info };
  }

  get eventCount(): number {
    return this.forgotten + this.kind.length;
  }

  /**
   * Lets go of the events (not of strings, frames, stacks and records between events), so that memory does not grow with a capture.
   * Later events go on counting; `build` then holds only those.
   */
  forgetEvents(): void {
    this.forgotten = this.eventCount;
    const optional = OPTIONAL_COLUMNS.map((name) => this.optional[name]);
    for (const column of [this.kind, this.address, this.sizeBytes, this.stack, ...optional]) column?.truncate(0);
  }

  /** The same where it is a guess: room that was made for more is enough. */
  expectAtLeast(count: number): void {
    if (count > this.kind.values.length) this.expectEvents(count);
  }

  /** How many events there will be, as far as is known: spares growing step by step. */
  expectEvents(count: number): void {
    const optional = OPTIONAL_COLUMNS.map((name) => this.optional[name]);
    for (const column of [this.kind, this.address, this.sizeBytes, this.stack, ...optional]) column?.expect(count);
  }

  internStack(backtrace: Backtrace | undefined): StackId {
    return backtrace === undefined ? -1 : this.tables.stack(backtrace);
  }

  /** Appends one event and returns its number. */
  addEvent(kind: number, address: Address, sizeBytes: Bytes, stack: StackId): Seq {
    this.kind.push(kind);
    this.address.push(address);
    this.sizeBytes.push(sizeBytes);
    this.stack.push(stack);
    return this.eventCount - 1;
  }

  /** Fills an optional column of the event that was added last. */
  setLast(name: OptionalName, value: number): void {
    const column = this.optionalColumn(name);
    while (column.length < this.kind.length - 1) column.push(Number.NaN);
    column.push(value);
  }

  /** The column of this name, made when it is not there yet. */
  optionalColumn(name: OptionalName): Column<Float64Array> {
    const existing = this.optional[name];
    if (existing) return existing;
    const column = floatColumn();
    this.optional[name] = column;
    return column;
  }

  /** Appends any record at the end of the stream. */
  add(record: TraceRecord): void {
    const beforeSeq = this.eventCount;
    switch (record.kind) {
      case 'mark':
        this.marks.push({ beforeSeq, name: record.name, ...(record.atUs === undefined ? {} : { atUs: record.atUs }) });
        break;
      case 'gap':
        this.gaps.push({
          beforeSeq,
          reason: record.reason,
          ...(record.lostEvents === undefined ? {} : { lostEvents: record.lostEvents }),
        });
        this.info = { ...this.info, complete: false };
        break;
      case 'epoch':
        this.epochs.push({ beforeSeq, reason: record.reason });
        break;
      case 'note':
        this.notes.push({ code: record.code, text: record.text, beforeSeq });
        break;
      case 'level': {
        const { kind: _, ...level } = record;
        this.addLevel(level);
        break;
      }
      case 'region':
        this.addRegion(record.region);
        break;
      case 'info':
        this.info = { ...this.info, ...record.info };
        break;
      case 'status':
        break;
      case 'raw':
        this.rawSamples.push(record.sample);
        break;
      case 'graph':
        this.graphs.push({ ...record.graph, beforeSeq });
        break;
      default:
        this.addHeapEvent(record);
    }
  }

  /** Appends a level: logs have them by the hundred thousand. */
  addLevel(level: Omit<HeapLevel, 'beforeSeq'>): void {
    const run = this.epochs.length;
    this.levels.push({ beforeSeq: this.eventCount, ...(run > 0 ? { run } : {}), ...level });
  }

  /** A snapshot: views of the columns as they are now. Appending more later does not change what was built. */
  build(): Trace {
    for (const name of OPTIONAL_COLUMNS) {
      const column = this.optional[name];
      while (column && column.length < this.kind.length) column.push(Number.NaN);
    }
    const { strings, regions, marks, gaps, epochs, notes, levels, rawSamples, graphs, ...rest } = this.view();
    return {
      ...rest,
      strings: [...strings],
      regions: [...regions],
      marks: [...marks],
      gaps: [...gaps],
      epochs: [...epochs],
      notes: [...notes],
      levels: [...levels],
      rawSamples: [...rawSamples],
      graphs: [...graphs],
    };
  }

  /** What is there now, without copies: lists that grow later, optional columns that may end early. For a look, not to be kept. */
  view(): Trace {
    const column = (name: OptionalName) => this.optional[name]?.view();
    const task = column('task');
    return {
      info: this.info,
      eventCount: this.kind.length,
      events: {
        kind: this.kind.view(),
        address: this.address.view(),
        sizeBytes: this.sizeBytes.view(),
        stack: this.stack.view(),
        fromAddress: column('fromAddress'),
        fromSizeBytes: column('fromSizeBytes'),
        requestedBytes: column('requestedBytes'),
        atUs: column('atUs'),
        task: task && Int32Array.from(task, (value) => (Number.isNaN(value) ? -1 : value)),
        largestBeforeBytes: column('largestBeforeBytes'),
        largestAfterBytes: column('largestAfterBytes'),
      },
      strings: this.tables.strings,
      frames: this.tables.frames(),
      stacks: this.tables.stacks(),
      regions: this.regions,
      marks: this.marks,
      gaps: this.gaps,
      epochs: this.epochs,
      notes: this.notes,
      levels: this.levels,
      rawSamples: this.rawSamples,
      graphs: this.graphs,
    };
  }

  private addRegion(region: HeapRegion): void {
    const same = this.regions.findIndex((other) => other.name === region.name);
    if (same >= 0) this.regions[same] = region;
    else this.regions.push(region);
  }

  private addHeapEvent(event: HeapEvent): void {
    const address = event.kind === 'failed' ? 0 : event.address;
    const stack = this.internStack(event.backtrace);
    this.addEvent(EVENT_KINDS.indexOf(event.kind), address, event.sizeBytes ?? 0, stack);
    if (event.kind === 'realloc' || event.kind === 'failed') this.setIfKnown('fromAddress', event.fromAddress);
    if (event.kind === 'realloc') this.setIfKnown('fromSizeBytes', event.fromSizeBytes);
    if (event.kind === 'alloc' || event.kind === 'realloc') this.setIfKnown('requestedBytes', event.requestedBytes);
    this.setIfKnown('atUs', event.atUs);
    this.setIfKnown('task', event.task);
    this.setIfKnown('largestBeforeBytes', event.largestBeforeBytes);
    this.setIfKnown('largestAfterBytes', event.largestAfterBytes);
  }

  private setIfKnown(name: OptionalName, value: number | undefined): void {
    if (value !== undefined) this.setLast(name, value);
  }
}
