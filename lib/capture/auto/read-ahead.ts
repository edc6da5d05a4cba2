import { isHeapEvent, type TraceRecord } from '../../trace/heap-event.js';

/** What is read ahead is bounded by its number and by its copies of stacks: the capture waits then. */
const MAX_RECORDS = 10_000;
const MAX_STACK_BYTES = 16 * 2 ** 20;

export interface ReadAheadOptions {
  /** Ends a read that lasts, as one of a target without events does. */
  readonly abort: () => void;
  /** Records that may wait; default 10,000. With 0 nothing is read that was not asked for. */
  readonly maxRecords?: number;
}

/**
 * The records of a capture, in order, of which more are read while whoever takes them waits for something else (see {@link during}):
 * the target need not wait as well. At any other time one is read when one is asked for.
 */
export class ReadAhead {
  private readonly waiting: TraceRecord[] = [];
  private stackBytes = 0;
  private reading: Promise<void> | undefined;
  private isOver = false;
  private failure: { readonly error: unknown } | undefined;
  /** Of all records that were read, taken or not. */
  private readEvents = 0;
  private readFirstEventAt: number | undefined;

  constructor(
    private readonly source: AsyncIterator<TraceRecord>,
    private readonly options: ReadAheadOptions,
  ) {}

  /** How many events were read, and when the first of them was (ms since 1970). */
  get captured(): { readonly events: number; readonly firstAtMs: number | undefined } {
    return { events: this.readEvents, firstAtMs: this.readFirstEventAt };
  }

  /** The next record; undefined at the end. @throws what the capture threw, behind all records before it */
  async next(): Promise<TraceRecord | undefined> {
    while (this.waiting.length === 0 && !this.isOver) await this.read();
    const record = this.waiting.shift();
    if (record?.kind === 'raw') this.stackBytes -= record.sample.stack.length;
    if (record === undefined && this.failure) throw this.failure.error;
    return record;
  }

  /** Waits for something, and reads on meanwhile. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const onDone = () => {
      isDone = true;
    };
    const done = work.then(onDone, onDone);
    // What is done already has its turn before anything is read.
    await Promise.race([done, Promise.resolve()]);
    while (!isDone && this.hasRoom) await Promise.race([done, this.read()]);
    return await work;
  }

  /** Nothing more is wanted: ends the capture, where it has not ended. */
  async close(): Promise<void> {
    if (this.reading) this.options.abort();
    await this.reading;
    await this.source.return?.();
  }

  private get hasRoom(): boolean {
    const { maxRecords = MAX_RECORDS } = this.options;
    return !this.isOver && this.waiting.length < maxRecords && this.stackBytes < MAX_STACK_BYTES;
  }

  /** One read at a time: who asks while one is under way waits for that one. */
  private read(): Promise<void> {
    this.reading ??= this.readOne().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readOne(): Promise<void> {
    try {
      const { value, done } = await this.source.next();
      if (done === true) {
        this.isOver = true;
        return;
      }
      const record: TraceRecord = value;
      this.waiting.push(record);
      if (record.kind === 'raw') this.stackBytes += record.sample.stack.length;
      if (!isHeapEvent(record)) return;
      this.readEvents++;
      this.readFirstEventAt ??= Date.now();
    } catch (error) {
      this.isOver = true;
      this.failure = { error };
    }
  }
}
