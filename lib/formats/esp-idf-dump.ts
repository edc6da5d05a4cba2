import type { Address, Seq, StackId } from '../base/units.js';
import { RecordsByAddress } from '../trace/records-by-address.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { EspLine, EspRecordLine } from './esp-idf-lines.js';

/** A record of the dump whose allocation is in the trace already. */
export interface EspRecord {
  readonly address: Address;
  readonly sizeBytes: number;
  /** The order of the record in its dump. */
  readonly index: number;
  readonly freed: boolean;
  readonly freedStack: StackId;
}

/** How addresses become stacks, and time. Shared by all dumps of an input. */
export interface EspContext {
  readonly builder: TraceBuilder;
  /** The stack of a chain as it is written, `0xA:0xB`; -1 when it is empty or all zeros. */
  stack(chain: string): StackId;
  /** Undefined without a CPU frequency. */
  timeUs(cpu: number, ccount: number): number | undefined;
  /** Takes note of which memory a record lies in. */
  inMemory(line: EspRecordLine): void;
}

const MAX_LISTED = 20;

/**
 * One heap_trace_dump. A dump says what was allocated in which order and what was freed, not when: allocations are put
 * into the trace in record order, a free right before the first later record that lies over the block, else at the end.
 */
export class EspDump {
  readonly startSeq: Seq;
  private readonly live = new RecordsByAddress<EspRecord>();
  private readonly freedAddresses = new Set<Address>();
  private readonly uncertain = new Map<Address, number>();
  private current: EspRecordLine | undefined;
  private currentFreed: string | undefined;
  private records = 0;
  /** What memory all records are of; empty when they are of several, or do not say. */
  private memory = '';
  private implied = 0;
  private aliveBytes = 0;
  private aliveRecords = 0;
  private chains = 0;
  private emptyChains = 0;
  private mode: 'all' | 'leaks' | 'unknown' = 'unknown';
  private hashmap = false;
  /** All records are rows that the program prints itself: it prints no header and no footer. */
  private ownRows = true;
  private footer: Extract<EspLine, { kind: 'alive' }> | undefined;

  /** `header` is undefined where records came without one. */
  constructor(
    private readonly context: EspContext,
    private readonly header: Extract<EspLine, { kind: 'header' }> | undefined,
  ) {
    this.startSeq = context.builder.eventCount;
  }

  add(line: EspLine): void {
    switch (line.kind) {
      case 'record':
        this.finishRecord();
        this.current = line;
        this.ownRows &&= line.isOwnRow;
        return;
      case 'freed-by':
        this.currentFreed = line.chain;
        return;
      case 'mode':
        this.mode = line.mode;
        return;
      case 'hashmap':
        this.hashmap = true;
        return;
      case 'alive':
        this.footer = line;
        // Before v5.1 the wording of the total is all that tells the mode.
        if (this.mode === 'unknown') this.mode = line.leaked ? 'leaks' : 'all';
        return;
      default: // Places are kept by the decoder, the rest ends the records.
    }
  }

  /** The record that was read last, with what stood on the line below it. */
  amend(line: EspRecordLine): void {
    this.current = line;
  }

  /** Whether only blocks are listed that nothing has freed since the trace was started. */
  get listsLeaks(): boolean {
    return this.mode === 'leaks' && this.freedAddresses.size === 0;
  }

  /** Puts the record that is being read into the trace: nothing more is coming for it. */
  finishRecord(): void {
    const line = this.current;
    if (!line) return;
    const freedBy = this.currentFreed;
    this.current = undefined;
    this.currentFreed = undefined;
    const freed = line.freed || freedBy !== undefined;
    const { builder } = this.context;
    this.makeRoom(line);
    const stack = this.context.stack(line.chain);
    builder.addEvent(EventKind.alloc, line.address, line.sizeBytes, stack);
    builder.setLast('task', line.cpu);
    const atUs = this.context.timeUs(line.cpu, line.ccount);
    if (atUs !== undefined) builder.setLast('atUs', atUs);
    const freedStack = freed ? this.context.stack(freedBy ?? '') : -1;
    const { address, sizeBytes } = line;
    this.live.set({ address, sizeBytes, index: this.records, freed, freedStack });
    this.tally(line, freed, stack >= 0);
  }

  /** The dump is over: the frees that are still open, and what there is to say. `whole`: its end was seen. */
  finish(whole: boolean): void {
    this.finishRecord();
    const { builder } = this.context;
    const open = [...this.live.values()].filter((record) => record.freed);
    open.sort((a, b) => a.index - b.index);
    for (const record of open) builder.addEvent(EventKind.free, record.address, record.sizeBytes, record.freedStack);
    if (this.records > 0 && this.ownRows && !this.header) {
      const reason = 'rows that a program printed itself, without a total: whether all are here is not told';
      builder.add({ kind: 'gap', reason });
      return;
    }
    if (!whole) builder.add({ kind: 'gap', reason: 'torn tail: the input ends inside a heap trace dump' });
    this.checkCounts(whole);
    this.addDoubts();
  }

  private makeRoom(line: EspRecordLine): void {
    this.uncertain.delete(line.address);
    for (const record of this.live.overlapping(line.address, line.sizeBytes)) {
      // At the same address the new record takes the place.
      if (record.address !== line.address) this.live.delete(record.address);
      if (!record.freed) this.implied++;
      this.context.builder.addEvent(EventKind.free, record.address, record.sizeBytes, record.freedStack);
    }
  }

  private tally(line: EspRecordLine, freed: boolean, hasCallers: boolean): void {
    this.context.inMemory(line);
    this.memory = this.records === 0 || this.memory === line.memory ? line.memory : '';
    this.records++;
    if (freed) this.freedAddresses.add(line.address);
    else {
      this.aliveBytes += line.sizeBytes;
      this.aliveRecords++;
      if (this.freedAddresses.has(line.address)) this.uncertain.set(line.address, line.sizeBytes);
    }
    if (hasCallers) this.chains++;
    else if (line.saysCaller) this.emptyChains++;
  }

  private checkCounts(whole: boolean): void {
    const { builder } = this.context;
    const announced = this.header?.records;
    if (whole && announced !== undefined && this.listsOneMemory(announced)) {
      this.note(
        'esp-one-memory',
        `the dump lists ${this.records} of ${announced} records, those of ${this.memory} memory (heap_trace_dump_caps): blocks in other memory are not here`,
      );
    } else if (whole && announced !== undefined && announced !== this.records) {
      const reason = `the dump announces ${announced} records, ${this.records} were read`;
      builder.add({
        kind: 'gap',
        reason,
        ...(announced > this.records ? { lostEvents: announced - this.records } : {}),
      });
    }
    if (!this.header)
      builder.add({ kind: 'gap', reason: 'records without the header of their dump: its start is missing' });
    const { footer } = this;
    if (footer && footer.aliveBytes > this.aliveBytes && announced === this.records) {
      builder.add({ kind: 'gap', reason: 'the dump counts more bytes alive than its records add up to' });
    }
    if (footer && (footer.aliveBytes !== this.aliveBytes || footer.aliveRecords !== this.aliveRecords)) {
      this.note(
        'esp-footer',
        `the dump counts ${footer.aliveBytes} bytes alive in ${footer.aliveRecords} records, its records add up to ${this.aliveBytes} in ${this.aliveRecords}`,
      );
    }
  }

  /**
   * heap_trace_dump_caps announces all records and lists those of one kind of memory; its footer counts the listed ones. Where freed
   * records stay (mode ALL) a lost line would look the same, so only leaks are believed.
   */
  private listsOneMemory(announced: number): boolean {
    const { footer } = this;
    if (this.mode !== 'leaks' || this.records >= announced || this.records === 0 || !this.memory || !footer)
      return false;
    return footer.aliveBytes === this.aliveBytes && footer.aliveRecords === this.records;
  }

  private addDoubts(): void {
    if (this.implied > 0) {
      this.note(
        'esp-implied-frees',
        `${this.implied} records are not marked freed, but a later record lies over them: taken as freed`,
      );
    }
    if (this.uncertain.size > 0 && this.header?.style === 'v5.1' && !this.hashmap && this.mode !== 'leaks') {
      const listed = [...this.uncertain.keys()].slice(0, MAX_LISTED).map((address) => `0x${address.toString(16)}`);
      this.note(
        'esp-uncertain',
        `${this.uncertain.size} blocks may be freed: an earlier record of the same address took the mark (${listed.join(', ')})`,
      );
    }
    if (this.emptyChains > 0 && this.chains === 0 && this.mode !== 'leaks' && this.freedAddresses.size === 0) {
      this.note(
        'esp-depth-0',
        'no record has callers: before ESP-IDF v5.5 a trace of depth 0 in mode ALL shows freed blocks as alive',
      );
    }
  }

  private note(code: string, text: string): void {
    this.context.builder.add({ kind: 'note', code, text });
  }
}
