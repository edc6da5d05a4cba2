import type { TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { PatternMatcher } from '../pattern/match-pattern.js';
import { nearByPatterns } from '../pattern/near-patterns.js';
import { parsePattern } from '../pattern/parse-pattern.js';
import type { EventDetails } from '../text-events.js';
import { TextReader } from '../text-reader.js';
import { type Call, type Calls, callsIn, kindOf, NO_CALLS } from './call-line.js';

/** Calls of malloc, free and their kin, one a line: as scripts inside a debugger, ltrace, or a wrapper of the firmware's own print them. */
export const callLogFormat: TraceFormat = {
  id: 'call-log',
  title:
    'log of malloc and free calls (malloc(64) = 0x...; pvPortMalloc(64) -> 0x...; 0x... <---- malloc of 0x40 bytes)',
  detect(head, whole) {
    const matchers = matchersOf();
    let found = 0;
    for (const line of headLines(head, whole)) {
      // A request that was refused is told by many logs that say nothing of the others.
      if (linesCalls(line, matchers).calls.some(({ address }) => address !== 0)) found++;
      if (found > 1) break;
    }
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

/** The calls of a line: of the wording that scripts inside a debugger have, else as `NAME(ARGUMENTS)` with their results. */
function linesCalls(text: string, matchers: readonly PatternMatcher[]): Calls {
  if (!text.includes('<----')) return callsIn(text);
  const matcher = matchers.find((one) => one.match(text) !== undefined);
  const numbers = matcher?.values().numbers;
  if (!matcher || !numbers) return NO_CALLS;
  const kind = matcher.pattern.kind === 'free' ? 'free' : 'alloc';
  const [address = 0, sizeBytes = 0] = [numbers.get('address'), numbers.get('size')];
  return { calls: [{ kind, address, sizeBytes, from: 0, caller: 0 }], unread: 0 };
}

// malloc(32 <unfinished ...>   and later   <... malloc resumed> ) = 0x55d0c300
const UNFINISHED = /^(.{0,80}?\b(\w{1,40})\(.{0,160}?)\s*<unfinished \.\.\.>/;
const RESUMED = /<\.\.\. (\w{1,40}) resumed>\s*(.{0,300})$/;
const MAX_OPEN = 1000;

const TASK = /\b(?:task|thread|tid)[=: ]{1,2}"?([\w./-]{1,32})/i;

const OTHER_CALL =
  /\b([A-Za-z_]\w{0,30}(?:alloc|Alloc|ALLOC)\w{0,10})\(\d{1,9}\)\s{0,4}(?:=|->|=>|returned)\s{0,4}0x[0-9a-f]/;
const BARE = /\b[0-9a-f]{8}\b/i;

class CallLogReader extends TextReader {
  private readonly matchers = matchersOf();
  /** By process and function: the calls that have not returned. */
  private readonly open = new Map<string, string>();

  protected isRecord(text: string): boolean {
    // The result of a call that stands on another line may be cut, too.
    const name = RESUMED.exec(text)?.[1];
    return (name !== undefined && kindOf(name) !== undefined) || linesCalls(text, this.matchers) !== NO_CALLS;
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
    const { calls, unread } = linesCalls(text, this.matchers);
    // Each of them was logged, and its block is known to nobody: an allocation or a free is missing.
    if (unread > 0) this.events.unread(text, { what: 'a call', lost: unread });
    if (calls.length === 0) {
      if (text.includes('(')) this.others(text);
      return;
    }
    if (!text.includes('0x') && BARE.test(text))
      this.events.note('call-log-bare', 'addresses of eight digits without 0x are taken for hexadecimal');
    const task =
      text.includes('ask') || text.includes('hread') || text.includes('tid') ? TASK.exec(text)?.[1] : undefined;
    const details = {
      atUs: this.clock.read(this.prefix),
      task: task !== undefined && /^\d{1,9}$/.test(task) ? Number(task) : task,
    };
    for (const call of calls) this.emit(call, details);
  }

  private emit({ kind, address, sizeBytes, from, caller }: Call, about: EventDetails): void {
    const details = caller === 0 ? about : { ...about, stack: this.events.stacks.get(caller) };
    if (kind === 'free') this.events.free(address, 0, details);
    else if (kind === 'realloc') this.events.realloc(from, { address, sizeBytes }, details);
    else this.events.alloc(address, sizeBytes, details);
  }

  /** Wrappers by a name of their own: they may print what the allocator prints as well, or be all there is. */
  private others(text: string): void {
    const name = OTHER_CALL.exec(text)?.[1];
    if (name !== undefined && kindOf(name) === undefined)
      this.events.note(
        'call-log-others',
        `calls of ${name} and the like are not read: they may be the same blocks again (a pattern 'alloc: ${name}({size}) = {address}' reads them)`,
      );
  }
}
