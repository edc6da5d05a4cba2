import type { Address, Bytes } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';
import { nearBySigns } from './near-miss.js';
import { StackByAddress } from './stack-by-address.js';

/** The lines that mbed OS's mem_trace default callback prints, anywhere in a console log. */
export const mbedMemTraceFormat: TraceFormat = {
  id: 'mbed',
  title: 'mbed OS mem_trace lines (#m: #c: #r: #f:) in console output',
  detect(head, whole) {
    const found = headLines(head, whole).filter((line) => parseMbedLine(line) !== undefined).length;
    return found > 1 ? 0.95 : found * 0.8;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /#[mcrf]:/i.test(line),
        takes: (line) => parseMbedLine(line) !== undefined,
        expected: '`#m:0x...;0x...-N` (or #c:, #r:, #f:)',
        closeness: 0.9,
      },
    ]),
  open: (builder, options) => new MbedDecoder(builder, options),
};

/** One recorded call: `result` 0 is a refused request. */
export interface MbedLine {
  readonly op: 'm' | 'c' | 'r' | 'f';
  readonly result: Address;
  readonly caller: Address;
  readonly sizeBytes: Bytes;
  /** Of realloc and free: the block that was given. */
  readonly pointer: Address;
}

const LINE =
  /#([mcrf]):(?:0x)?([0-9a-f]{1,16});(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,16})(?:;(\d{1,10}))?(.?)(.?)/isu;
/** Consoles that colour their lines end the colour with it. */
const ESCAPE = String.fromCharCode(0x1b);
/** What a sentence goes on with behind a record. Neither is one bit away from a digit, so no digit became one of them. */
const PUNCTUATION = /^[,.]$/;
/** What stands behind a record that has it in front. */
const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", '(': ')', '[': ']', '<': '>', '`': '`' };
/** The begin or the end of a record: a line that has one of them and is no record lost something on its way. */
const PART = /#[mcrf]:(?:0x)?[0-9a-f]|[0-9a-f];(?:0x)?[0-9a-f]+-(?:0x)?[0-9a-f]/i;
/** A record's begin at the end of the input. */
const TORN = /#(?:[mcrf](?::.*)?)?$/i;
/** So many damaged lines are listed; that the trace is incomplete is known by then. */
const MAX_GAPS = 1000;

/**
 * Reads a line, which may have other text around the record; `before` is the character in front of it. Pointers are hexadecimal, sizes decimal.
 *
 *     #m:RES;CALLER-SIZE   #c:RES;CALLER-N;SIZE   #r:RES;CALLER-PTR;SIZE   #f:0x0;CALLER-PTR
 */
function parseMbedLine(text: string, before = ''): MbedLine | undefined {
  if (!text.includes('#')) return undefined;
  const match = LINE.exec(text);
  if (!match) return undefined;
  const [, letter = '', result = '', caller = '', third = '', fourth, behind = '', next = ''] = match;
  // A number that ends in something else has lost a digit there: it is another number.
  const isWhole =
    behind.trim() === '' ||
    behind === ESCAPE ||
    behind === CLOSING[text[match.index - 1] ?? before] ||
    (PUNCTUATION.test(behind) && next.trim() === '');
  if (!isWhole) return undefined;
  const common = { result: Number.parseInt(result, 16), caller: Number.parseInt(caller, 16) };
  const op = letter.toLowerCase();
  const last = fourth === undefined ? Number.NaN : Number(fourth);
  const decimal = /^\d+$/.test(third) ? Number(third) : Number.NaN;
  const pointer = Number.parseInt(third, 16);
  if (op === 'm') return Number.isNaN(decimal) ? undefined : { op, ...common, sizeBytes: decimal, pointer: 0 };
  if (op === 'f') return { op, ...common, sizeBytes: 0, pointer };
  if (Number.isNaN(last)) return undefined;
  if (op === 'r') return { op, ...common, sizeBytes: last, pointer };
  return op === 'c' && !Number.isNaN(decimal) ? { op, ...common, sizeBytes: decimal * last, pointer: 0 } : undefined;
}

class MbedDecoder extends LineDecoder {
  private readonly stacks: StackByAddress;
  private seen = 0;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.stacks = new StackByAddress(builder.tables, options.resolve);
    const info = { source: 'mbed OS mem_trace', hasAddresses: true, sizeKind: 'requested', unitBytes: 1 } as const;
    builder.add({ kind: 'info', info });
  }

  /** @throws TraceFormatError HH1450 when the whole input held no record. */
  protected override finish(): void {
    if (this.seen > 0) return;
    const subject = this.options.subject ?? 'mbed mem_trace';
    throw new TraceFormatError(
      'HH1450',
      `${subject}: found no mem_trace line, expected lines like '#m:0x20003080;0x182f-50'`,
      {
        remedy: 'enable the trace with mbed_mem_trace_set_callback(mbed_mem_trace_default_callback)',
      },
    );
  }

  /** A line that lost its end holds two records. */
  protected line(text: string): void {
    const parts = text.split(/(?=#[mcrf]:)/i);
    for (const [i, part] of parts.entries())
      this.part(part, { torn: this.torn && i === parts.length - 1, before: parts[i - 1]?.at(-1) ?? '' });
  }

  private part(text: string, { torn, before }: { readonly torn: boolean; readonly before: string }): void {
    const line = parseMbedLine(text, before);
    if (torn && text.trimEnd() === text && (line ? /[0-9a-f]$/i.test(text) : TORN.test(text)))
      this.gap('torn tail: the last line has no end, its number may be cut');
    else if (line) {
      this.seen++;
      this.emit(line);
    } else if (PART.test(text)) this.gap('a damaged line');
  }

  private gap(reason: string): void {
    this.seen++;
    if (this.builder.gaps.length < MAX_GAPS) this.builder.add({ kind: 'gap', reason, lostEvents: 1 });
  }

  private emit({ op, result, caller, sizeBytes, pointer }: MbedLine): void {
    const { builder } = this;
    const stack = this.stacks.get(caller);
    if (op === 'f') {
      // free(NULL) does nothing.
      if (pointer !== 0) builder.addEvent(EventKind.free, pointer, 0, stack);
      return;
    }
    if (op === 'r' && pointer !== 0) {
      if (sizeBytes === 0 && result === 0) builder.addEvent(EventKind.free, pointer, 0, stack);
      else {
        builder.addEvent(result === 0 ? EventKind.failed : EventKind.realloc, result, sizeBytes, stack);
        builder.setLast('fromAddress', pointer);
      }
      return;
    }
    builder.addEvent(result === 0 ? EventKind.failed : EventKind.alloc, result, sizeBytes, stack);
  }
}
