import type { Address, Bytes } from '../../base/units.js';
import type { TraceFormat } from '../format.js';
import { allocatorCall } from '../gdb-hit.js';
import { headLines } from '../line-splitter.js';
import { numberOf, PatternMatcher } from '../pattern/match-pattern.js';
import { nearByPatterns } from '../pattern/near-patterns.js';
import { parsePattern } from '../pattern/parse-pattern.js';
import { TextReader } from '../text-reader.js';

/** Calls of malloc, free and their kin, one a line: as scripts inside a debugger, ltrace, or a wrapper of the firmware's own print them. */
export const callLogFormat: TraceFormat = {
  id: 'call-log',
  title:
    'log of malloc and free calls (malloc(64) = 0x...; pvPortMalloc(64) -> 0x...; 0x... <---- malloc of 0x40 bytes)',
  detect(head, whole) {
    const matchers = matchersOf();
    let found = 0;
    for (const line of headLines(head, whole)) if (parseCall(line, matchers) && ++found > 1) break;
    // One call may stand in any text.
    return found > 1 ? 0.6 : found * 0.45;
  },
  nearMiss: (lines) => nearByPatterns(lines, matchersOf()),
  open: (builder, options) =>
    new CallLogReader(builder, options, {
      info: { source: 'log of malloc and free calls' },
      expected: "lines like 'malloc(64) = 0x20001000' and 'free(0x20001000)'",
      remedy: "print one line a call, or describe other lines with options.patterns 'alloc: {address} {size}'",
    }),
};

const PATTERNS = [
  'alloc: {address} <---- malloc of {size} bytes',
  'alloc: {address} <---- calloc of {size} bytes',
  'alloc: {address} <---- realloc of {size} bytes',
  'free: {address} <---- free of {any} bytes',
];

function matchersOf(): PatternMatcher[] {
  return PATTERNS.map((pattern) => new PatternMatcher(parsePattern(pattern)));
}

/** What a line says was called. Address 0 is NULL: of a new block, a refused request. */
interface Call {
  readonly kind: 'alloc' | 'realloc' | 'free';
  readonly address: Address;
  readonly sizeBytes: Bytes;
  readonly from: Address;
}

// ` = 0x20001000` behind the arguments, with what loggers write for the sign.
const RESULT = /\s{0,80}(?:==?>?|->|returns?|returned|:)\s{0,4}(0x[0-9a-f]{1,16}|\(nil\)|NULL|nil|0)(?!\w)/iy;
const MAX_ARGUMENTS = 160;
const MAX_CALLS = 8;

/** What functions do, by name: a log has the same few. */
const kinds = new Map<string, ReturnType<typeof allocatorCall>>();

function kindOf(name: string): ReturnType<typeof allocatorCall> {
  if (kinds.has(name)) return kinds.get(name);
  if (kinds.size > 1000) kinds.clear();
  const kind = allocatorCall(name);
  kinds.set(name, kind);
  return kind;
}

/** The first call of an allocator's function on a line: `NAME(ARGUMENTS)`, and where its closing parenthesis stands. */
function callIn(
  text: string,
): { what: NonNullable<ReturnType<typeof allocatorCall>>; numbers: number[]; end: number } | undefined {
  let open = text.indexOf('(');
  for (let tries = 0; open > 0 && tries < MAX_CALLS; tries++, open = text.indexOf('(', open + 1)) {
    let end = open;
    if (text.charCodeAt(end - 1) === 0x20) end--;
    let start = end;
    while (start > 0 && start > end - 40 && isWord(text.charCodeAt(start - 1))) start--;
    const what = start < end ? kindOf(text.slice(start, end)) : undefined;
    if (!what) continue;
    const close = text.indexOf(')', open);
    if (close < 0 || close - open > MAX_ARGUMENTS) return undefined;
    return { what, numbers: numbersIn(text.slice(open + 1, close)), end: close + 1 };
  }
  return undefined;
}

/** `64`, `0x40`, `ptr=0x20001000`, `NULL`, `64u`: the arguments that are numbers. */
function numbersIn(list: string): number[] {
  // Most calls have one plain number.
  const only = numberOf(list, 0);
  if (only !== undefined) return [only];
  const numbers: number[] = [];
  for (const argument of list.split(',', 8)) {
    const word = argument.slice(argument.lastIndexOf('=') + 1).trim();
    const text = /^\d+[uUlL]{1,3}$/.test(word) ? word.replace(/[uUlL]+$/, '') : word;
    const number = /^(?:NULL|nil|\(nil)$/i.test(text) ? 0 : text === '' ? Number.NaN : Number(text);
    if (Number.isSafeInteger(number) && number >= 0) numbers.push(number);
  }
  return numbers;
}

function isWord(code: number): boolean {
  const low = code | 32;
  return (low >= 0x61 && low <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;
}

function parseCall(text: string, matchers: readonly PatternMatcher[]): Call | undefined {
  if (text.includes('<----')) {
    const matcher = matchers.find((one) => one.match(text) !== undefined);
    const numbers = matcher?.values().numbers;
    if (!matcher || !numbers) return undefined;
    const kind = matcher.pattern.kind === 'free' ? 'free' : 'alloc';
    return { kind, address: numbers.get('address') ?? 0, sizeBytes: numbers.get('size') ?? 0, from: 0 };
  }
  const called = callIn(text);
  if (!called) return undefined;
  const { what, numbers: values, end } = called;
  if (what === 'free') {
    const [address] = values;
    return address === undefined ? undefined : { kind: 'free', address, sizeBytes: 0, from: 0 };
  }
  RESULT.lastIndex = end;
  const result = RESULT.exec(text)?.[1];
  if (result === undefined) return undefined;
  const address = /^(?:0x|0$)/i.test(result) ? Number(result) : 0;
  if (what === 'realloc') {
    const [from, sizeBytes] = values;
    return from === undefined || sizeBytes === undefined ? undefined : { kind: 'realloc', address, sizeBytes, from };
  }
  const [first, second] = values;
  const sizeBytes = what === 'calloc' ? (first ?? Number.NaN) * (second ?? Number.NaN) : values.at(-1);
  if (sizeBytes === undefined || !Number.isSafeInteger(sizeBytes)) return undefined;
  return { kind: 'alloc', address, sizeBytes, from: 0 };
}

// malloc(32 <unfinished ...>   and later   <... malloc resumed> ) = 0x55d0c300
const UNFINISHED = /^(.{0,80}?\b(\w{1,40})\(.{0,160}?)\s*<unfinished \.\.\.>/;
const RESUMED = /<\.\.\. (\w{1,40}) resumed>\s*(.{0,300})$/;
const MAX_OPEN = 1000;

const TASK = /\b(?:task|thread|tid)[=: ]{1,2}"?([\w./-]{1,32})/i;

class CallLogReader extends TextReader {
  private readonly matchers = matchersOf();
  /** By process and function: the calls that have not returned. */
  private readonly open = new Map<string, string>();

  protected isRecord(text: string): boolean {
    // The result of a call that stands on another line may be cut, too.
    const name = RESUMED.exec(text)?.[1];
    return (name !== undefined && kindOf(name) !== undefined) || parseCall(text, this.matchers) !== undefined;
  }

  /** ltrace leaves a call open when another process or a signal comes between: its result stands on a line of its own. */
  private resumed(text: string): string {
    const unfinished = UNFINISHED.exec(text);
    if (unfinished) {
      const [, call = '', name = ''] = unfinished;
      if (this.open.size < MAX_OPEN && kindOf(name)) this.open.set(`${this.prefix}${name}`, call);
      return '';
    }
    const resumed = RESUMED.exec(text);
    if (!resumed) return text;
    const [, name = '', rest = ''] = resumed;
    const key = `${this.prefix}${name}`;
    const call = this.open.get(key);
    this.open.delete(key);
    if (call === undefined && kindOf(name)) this.events.gap('a call whose begin is missing', 1);
    return call === undefined ? '' : `${call}${rest.startsWith(')') ? '' : ', '}${rest}`;
  }

  protected override flush(): void {
    if (this.open.size > 0) this.events.gap('calls that never returned', this.open.size);
    // A torn last line asks before the end does.
    this.open.clear();
  }

  protected read(line: string): void {
    const text = line.includes('unfinished') || line.includes('resumed') ? this.resumed(line) : line;
    const call = parseCall(text, this.matchers);
    if (!call) return;
    const { address, sizeBytes, from } = call;
    const task =
      text.includes('ask') || text.includes('hread') || text.includes('tid') ? TASK.exec(text)?.[1] : undefined;
    const details = {
      atUs: this.clock.read(this.prefix),
      task: task !== undefined && /^\d{1,9}$/.test(task) ? Number(task) : task,
    };
    if (call.kind === 'free') this.events.free(address, 0, details);
    else if (call.kind === 'realloc') this.events.realloc(from, { address, sizeBytes }, details);
    else this.events.alloc(address, sizeBytes, details);
  }
}
