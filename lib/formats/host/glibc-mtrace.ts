import type { StackId } from '../../base/units.js';
import type { TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { TextReader } from '../text-reader.js';

/** The file that glibc's mtrace() writes (MALLOC_TRACE). */
export const glibcMtraceFormat: TraceFormat = {
  id: 'mtrace',
  title: 'glibc mtrace file (MALLOC_TRACE)',
  detect(head, whole) {
    const lines = headLines(head, whole).flatMap((line) => parseMtrace(line) ?? []);
    // Numbers behind a dash may be any list.
    const found = lines.some(({ op, caller }) => op === '+' || caller > 0) ? lines.length : 0;
    return found > 1 ? 0.92 : found * 0.6;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /^(?:= Start|@ \S+[:[(])/.test(line),
        takes: (line) => parseMtrace(line) !== undefined,
        expected: '`@ PROGRAM:(FUNCTION+0x1c)[0x...] + 0x... 0x...`',
      },
    ]),
  open: (builder, options) =>
    new MtraceReader(builder, options, {
      info: { source: 'glibc mtrace', unitBytes: 8 },
      expected: "lines like '@ app:(f+0x1c)[0x410a50] + 0xc027b0 0x10'",
      remedy: 'call mtrace() and set MALLOC_TRACE to a file; give that file, not the output of the mtrace command',
    }),
};

interface MtraceLine {
  readonly op: '+' | '-' | '<' | '>' | '!';
  readonly address: number;
  readonly sizeBytes: number;
  readonly functionName: string;
  readonly caller: number;
  /** The program or library that the caller is in; empty when unknown. */
  readonly object: string;
}

// @ OBJECT:(FUNCTION+OFFSET)[ADDRESS] OP POINTER SIZE: everything before the operation may be missing.
const LINE =
  /^(?:@ (?:([^\s:]{1,400}):)?(?:\((.{1,400}?)(?:\+0x[0-9a-f]{1,16})?\))?(?:\[(0x[0-9a-f]{1,16})\])? )?([+\-<>!]) (0x[0-9a-f]{1,16})(?: (0x[0-9a-f]{1,16}|\d{1,15}))?\s*$/;

/** `+` new, `-` freed, `<` and `>` the old and the new block of a realloc, `!` a realloc that failed. Undefined for other lines. */
function parseMtrace(text: string): MtraceLine | undefined {
  const first = text.charCodeAt(0);
  // @ + - < > !
  if (first !== 0x40 && first !== 0x2b && first !== 0x2d && first !== 0x3c && first !== 0x3e && first !== 0x21)
    return undefined;
  const match = LINE.exec(text);
  if (!match) return undefined;
  const [, object = '', functionName = '', caller, op, address, size] = match;
  if (size === undefined && (op === '+' || op === '>')) return undefined;
  return {
    op: op as MtraceLine['op'],
    address: Number(address),
    sizeBytes: Number(size ?? 0),
    functionName,
    caller: Number(caller ?? 0),
    object,
  };
}

/** What a record begins with. */
const DAMAGED = /^(?:@ \S+[:[(]|[+\-<>!] 0x[0-9a-f])/;

class MtraceReader extends TextReader {
  /** The old block of a realloc, whose new one stands on the next line. */
  private from: number | undefined;

  protected isRecord(text: string): boolean {
    return parseMtrace(text) !== undefined;
  }

  protected read(text: string): void {
    const line = parseMtrace(text);
    if (!line) {
      if (text.startsWith('= ')) this.events.seen++;
      else if (DAMAGED.test(text)) this.events.unread(text);
      return;
    }
    const { events } = this;
    const stack = this.stackOf(line);
    if (line.op !== '>') this.flush();
    switch (line.op) {
      case '+':
        events.alloc(line.address, line.sizeBytes, { stack });
        break;
      case '-':
        events.free(line.address, 0, { stack });
        break;
      case '<':
        this.from = line.address;
        break;
      case '>':
        events.realloc(this.from ?? 0, line, { stack });
        this.from = undefined;
        break;
      case '!':
        events.failed(line.sizeBytes, { stack });
        break;
    }
  }

  /** A `<` without its `>`: the old block is gone, the new one is not known. */
  protected override flush(): void {
    if (this.from === undefined) return;
    this.events.free(this.from, 0);
    this.events.gap('a reallocation has no line for its new block', 1);
    this.from = undefined;
  }

  private stackOf({ functionName, caller, object }: MtraceLine): StackId {
    if (functionName !== '') return this.events.named({ address: caller, functionName });
    // An offset in a library is none in the firmware: it must not be given the name of what lies there.
    if (/\.so\b/.test(object))
      return this.events.named({ address: caller, functionName: `${object.split('/').at(-1)}` });
    return this.events.stacks.get(caller);
  }
}
