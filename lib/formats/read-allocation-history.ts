import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { restoreDoubts } from './history-doubts.js';
import { parseEntry, wrongTopLevel } from './history-entries.js';
import { HistoryReplay } from './history-replay.js';
import { type JsonMember, JsonMembers } from './json-members.js';
import { nearBySigns } from './near-miss.js';
import { headText, TextBytes } from './text-bytes.js';

/** Far more than a capture makes in days; about 2 GiB of records. */
const MAX_RECORDS = 2 ** 24;
/** The records are read one by one, as the elements of this member of an object around them. */
const BEFORE = utf8('{"records":');
const AFTER = utf8('}');

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
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /"(?:start_trace|end_trace|start_block)"/.test(line),
        expected: 'a list of records from the first byte on',
      },
    ]),
  open: (builder, options) => new HistoryDecoder(builder, options),
};

/** Its records are lifespans: events are made of their begins and ends, when all are there. */
class HistoryDecoder implements TraceDecoder {
  private readonly members: JsonMembers;
  private readonly replay: HistoryReplay;
  private readonly subject: string;
  private readonly bytes = new TextBytes();
  private held = 0;
  /** What the first record says about the whole file. */
  private doubts: unknown;

  constructor(
    private readonly builder: TraceBuilder,
    options: ImportOptions,
  ) {
    this.subject = options.subject ?? 'allocation history';
    this.members = new JsonMembers(this.subject, (member) => this.take(member));
    this.replay = new HistoryReplay(builder);
    this.read(BEFORE);
  }

  /** Records that wait for the end. */
  get heldRecords(): number {
    return this.held;
  }

  push(chunk: Uint8Array): void {
    this.read(this.bytes.push(chunk));
  }

  end(): void {
    this.read(this.bytes.end());
    const isCut = this.members.insideValue;
    if (!isCut) this.read(AFTER);
    if (isCut || !this.members.complete) throw this.notJson(`the end of the file in record ${this.held}`);
    this.replay.run();
    restoreDoubts(this.doubts, this.builder);
  }

  private take({ index, value }: JsonMember): void {
    if (index < 0) {
      if (Array.isArray(value)) return;
      throw wrongTopLevel(this.subject, value);
    }
    if (this.held++ >= MAX_RECORDS) {
      throw new TraceFormatError('HH1924', `${this.subject}: found more than ${MAX_RECORDS} records, expected fewer`, {
        remedy: 'open the journal (capture.harvest) of the same capture instead',
      });
    }
    if (index === 0) this.doubts = (value as { doubts?: unknown } | null)?.doubts;
    this.replay.add(parseEntry(value, this.subject, index));
  }

  private read(bytes: Uint8Array): void {
    try {
      this.members.push(bytes);
    } catch (cause) {
      if (!(cause instanceof TraceFormatError) || cause.code !== 'HH1490') throw cause;
      throw this.notJson(cause.message.replace(/^.*?: byte \d+: found /, ''), cause);
    }
  }

  private notJson(found: string, cause?: unknown): TraceFormatError {
    return new TraceFormatError('HH1925', `${this.subject}: found ${found}, expected allocation_history.json`, {
      cause,
      remedy: 'the file is cut or damaged: copy it again, or open the journal of the same capture',
    });
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
