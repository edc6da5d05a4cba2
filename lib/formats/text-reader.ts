import { TraceFormatError } from '../errors/errors.js';
import type { TraceInfo } from '../trace/heap-event.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import { looksCut } from './cut-line.js';
import type { ImportOptions } from './format.js';
import { LineDecoder } from './line-decoder.js';
import { LogClock } from './log-time.js';
import { TextEvents } from './text-events.js';

/** What a reader of a producer's text says when the text holds nothing of it. */
export interface Expected {
  /** A line that would be one: `an line like ...`. */
  readonly expected: string;
  readonly remedy: string;
}

/** A reader of one producer's text: lines in, events out; nothing found is an error, never an empty success. */
export abstract class TextReader extends LineDecoder {
  protected readonly events: TextEvents;
  protected readonly clock = new LogClock();
  private readonly subject: string;
  private firstLine = '';
  private lineBefore = '';

  constructor(
    builder: TraceBuilder,
    options: ImportOptions,
    private readonly about: Expected & { readonly info: Partial<TraceInfo> & Pick<TraceInfo, 'source'> },
  ) {
    super();
    this.subject = options.subject ?? about.info.source;
    this.events = new TextEvents(builder, options.resolve, about.info);
  }

  protected abstract read(text: string): void;

  /** The input is over: what the reader still holds goes into the trace. */
  protected flush(): void {}

  protected line(text: string): void {
    if (this.firstLine === '') this.firstLine = text.trim().slice(0, 120);
    // A last line without an end may be cut inside a number.
    const before = this.events.builder.eventCount;
    const isCut = this.torn && (this.isRecord(text) || looksCut(text, this.lineBefore));
    if (text !== '') this.lineBefore = text;
    if (isCut) {
      this.flush();
      this.events.seen++;
      this.events.gap('torn tail: the last line has no end, its numbers may be cut', 1);
    } else this.read(text);
    if (this.torn && this.events.builder.eventCount > before + 1) this.events.seen++;
  }

  /** Whether a line holds a record that must not be believed when its end is missing. */
  protected abstract isRecord(text: string): boolean;

  /** @throws TraceFormatError HH1431 when the input held nothing of the format */
  protected override finish(): void {
    this.flush();
    this.events.end();
    if (this.events.seen > 0) return;
    const { expected, remedy } = this.about;
    throw new TraceFormatError(
      'HH1431',
      `${this.subject}: found nothing of it, the first line is '${this.firstLine}', expected ${expected}`,
      {
        remedy,
      },
    );
  }
}
