import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { type JsonMember, JsonMembers } from './json-members.js';
import { asRow, isEventRow, ObjectRows } from './object-rows.js';
import { headText, TextBytes } from './text-bytes.js';

/** A JSON document with a list of blocks or events: a board's own report, or one array of objects. */
export const jsonTableFormat: TraceFormat = {
  id: 'json',
  title: 'a JSON document with a list of blocks or events (any tracer; the fields can be named)',
  detect(head) {
    const text = headText(head).trimStart();
    if (text[0] !== '{' && text[0] !== '[') return 0;
    // The first object that holds no other: a row, where it is one.
    const row = parsed(/\{[^{}]{1,4000}\}/.exec(text.slice(1))?.[0]);
    return row && isEventRow(row) && /[[,]\s*\{/.test(text) ? 0.55 : 0;
  },
  nearMiss(lines) {
    const at = lines.findIndex((line) => line.trim() !== '');
    const text = lines[at] ?? '';
    if (!/^\s*[{[]\s*(?:["{\]}]|$)/.test(text)) return undefined;
    return {
      line: at + 1,
      text,
      expected: 'a list of objects with an address and a size (or a size and a kind) under usual names',
      closeness: 0.5,
    };
  },
  open: (builder, options) => new JsonTableDecoder(builder, options),
};

function parsed(text: string | undefined) {
  try {
    return text === undefined ? undefined : asRow(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const OPEN_ARRAY = 0x5b;
const NAME = new TextEncoder().encode('{"rows":');
const CLOSE = new TextEncoder().encode('}');

class JsonTableDecoder implements TraceDecoder {
  private readonly text = new TextBytes();
  private readonly members: JsonMembers;
  private readonly rows: ObjectRows;
  private readonly subject: string;
  /** Whether the document is an array: it is then read as the one member of an object. Undefined before its first byte. */
  private isArray: boolean | undefined;
  private list: string | undefined;
  private count = 0;
  /** What a member `count` beside the list says. */
  private announced: number | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    options: ImportOptions,
  ) {
    this.subject = options.subject ?? 'JSON';
    this.rows = new ObjectRows(builder, options, 'JSON table');
    this.members = new JsonMembers(this.subject, (member) => this.take(member));
  }

  push(chunk: Uint8Array): void {
    this.give(this.text.push(chunk));
  }

  /** @throws TraceFormatError HH1416 when the document has no list of blocks or events. */
  end(): void {
    this.give(this.text.end());
    if (this.isArray) this.members.push(CLOSE);
    if (!this.members.complete) this.builder.add({ kind: 'gap', reason: 'torn tail: the document has no end' });
    this.rows.finish();
    const missing = (this.announced ?? 0) - this.count;
    if (missing > 0 && this.count > 0) {
      const reason = `the document counts ${this.announced} blocks, its list has ${this.count}`;
      this.builder.add({ kind: 'gap', reason, lostEvents: missing });
    }
    if (this.count > 0 || !this.members.complete) return;
    throw new TraceFormatError(
      'HH1416',
      `${this.subject}: found no list of objects with an address and a size, expected one ("blocks":[{"address":"0x...","size":64}])`,
      { remedy: "name the fields with options.columns 'address=ptr,size=bytes'" },
    );
  }

  private give(bytes: Uint8Array): void {
    if (this.isArray === undefined) {
      const first = bytes.find((byte) => byte > 0x20);
      if (first === undefined) return;
      this.isArray = first === OPEN_ARRAY;
      if (this.isArray) this.members.push(NAME);
    }
    this.members.push(bytes);
  }

  private take({ key, index, value }: JsonMember): void {
    if (index < 0) {
      if (key === 'count' && typeof value === 'number') this.announced = value;
      return;
    }
    if (this.list !== undefined && this.list !== key) return;
    const row = asRow(value);
    if (!row || !this.rows.fits(row)) return;
    this.list = key;
    this.count++;
    this.rows.add(row, index + 1);
  }
}
