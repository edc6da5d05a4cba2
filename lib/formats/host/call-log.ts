import type { Address, Bytes } from '../../base/units.js';
import type { TraceFormat } from '../format.js';
import { allocatorCall } from '../gdb-hit.js';
import { headLines } from '../line-splitter.js';
import { PatternMatcher } from '../pattern/match-pattern.js';
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

// NAME(ARGUMENTS) = RESULT, with what loggers write for the sign.
const CALL =
  /\b([A-Za-z_]\w{2,40}) ?\(([^()]{0,160})\)(?:\s{0,80}(?:==?>?|->|returns?|returned|:)\s{0,4}(0x[0-9a-f]{1,16}|\(nil\)|NULL|nil|0)\b)?/i;
const NUMBER = /(?:^|[\s=,])(0x[0-9a-f]{1,16}|\d{1,15}|NULL|nil)(?=$|[\s,)u])/gi;

function parseCall(text: string, matchers: readonly PatternMatcher[]): Call | undefined {
  if (text.includes('<----')) {
    const matcher = matchers.find((one) => one.match(text) !== undefined);
    const numbers = matcher?.values().numbers;
    if (!matcher || !numbers) return undefined;
    const kind = matcher.pattern.kind === 'free' ? 'free' : 'alloc';
    return { kind, address: numbers.get('address') ?? 0, sizeBytes: numbers.get('size') ?? 0, from: 0 };
  }
  if (!text.includes('(')) return undefined;
  const match = CALL.exec(text);
  const what = match && allocatorCall(match[1] ?? '');
  if (!match || !what) return undefined;
  const values = [...(match[2] ?? '').matchAll(NUMBER)].map(([, number = '']) => numberOf(number));
  if (what === 'free') {
    const [address] = values;
    return address === undefined ? undefined : { kind: 'free', address, sizeBytes: 0, from: 0 };
  }
  if (match[3] === undefined) return undefined;
  const address = numberOf(match[3].replace(/[()]/g, ''));
  if (what === 'realloc') {
    const [from, sizeBytes] = values;
    return from === undefined || sizeBytes === undefined ? undefined : { kind: 'realloc', address, sizeBytes, from };
  }
  const [first, second] = values;
  const sizeBytes = what === 'calloc' ? (first ?? Number.NaN) * (second ?? Number.NaN) : values.at(-1);
  if (sizeBytes === undefined || !Number.isSafeInteger(sizeBytes)) return undefined;
  return { kind: 'alloc', address, sizeBytes, from: 0 };
}

function numberOf(text: string): number {
  return /^\d|^0x/i.test(text) ? Number(text) : 0;
}

const TASK = /\b(?:task|thread|tid)[=: ]{1,2}"?([\w./-]{1,32})/i;

class CallLogReader extends TextReader {
  private readonly matchers = matchersOf();

  protected isRecord(text: string): boolean {
    return parseCall(text, this.matchers) !== undefined;
  }

  protected read(text: string): void {
    const call = parseCall(text, this.matchers);
    if (!call) return;
    const { address, sizeBytes, from } = call;
    const task = TASK.exec(text)?.[1];
    const details = {
      atUs: this.clock.read(this.prefix),
      task: task !== undefined && /^\d{1,9}$/.test(task) ? Number(task) : task,
    };
    if (call.kind === 'free') this.events.free(address, 0, details);
    else if (call.kind === 'realloc') this.events.realloc(from, { address, sizeBytes }, details);
    else this.events.alloc(address, sizeBytes, details);
  }
}
