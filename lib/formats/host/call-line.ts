import type { Address, Bytes } from '../../base/units.js';
import { type Asked, askedIn, type CallKind, callKind } from './call-arguments.js';

/** What a line says was called. Address 0 is NULL: of a new block, a refused request. */
export interface Call {
  readonly kind: 'alloc' | 'realloc' | 'free';
  readonly address: Address;
  readonly sizeBytes: Bytes;
  readonly from: Address;
  /** Where it was called from; 0 where the line does not say. */
  readonly caller: Address;
}

/** The calls of a line, and how many were logged there that cannot be read. */
export interface Calls {
  readonly calls: readonly Call[];
  readonly unread: number;
}
export const NO_CALLS: Calls = { calls: [], unread: 0 };

// ` = 0x20001000` behind the arguments, with what loggers write for the sign; RIOT puts the place of the call between.
const RESULT =
  /(?:\s{0,4}@ ?(0x[0-9a-f]{1,16}))?\s{0,80}(?:==?>?|->|returns?|returned|:)\s{0,4}(0x[0-9a-f]{1,16}|[0-9a-f]{8}|\(nil\)|NULL|nil|0)(?!\w)/iy;
const RESULT_BEHIND = /^\s{0,4}(?:=|->|returned)\s{0,4}0x[0-9a-f]/i;
/** `0x20001000 = ` before the call. */
const RESULT_BEFORE = /(?:^|[^\w])(0x[0-9a-f]{1,16}|\(nil\)|NULL)\s{0,4}(?:=|<-|:)\s{0,4}$/i;
const REFUSED = /[\s:,-]{1,4}(?:has )?(?:failed|out of memory)\b/iy;
const CALLER = /@ ?(0x[0-9a-f]{3,16})\b|\b(?:caller|lr|ra|pc)[=: ]{1,2}(0x[0-9a-f]{3,16})\b/i;
/** A call that is only mentioned: source text, or the argument of another. */
const SOURCE_TEXT = /^\s{0,4}(?:[;{,)]|==|!=|\+)/;
/** What shows that a call was logged, with its result or the place of it behind. */
const LOGGED = /^.{0,80}?(?:0x[0-9a-f]|\b[0-9a-f]{8}\b)/i;
/** What stands before a call that a line is about: nothing, or a logger's words up to a sign. */
const BEFORE_A_RECORD = /(?:^|[\]):>|.+*-])\s{0,8}$/;
/** `pvPortMalloc(64) -> malloc(64) = 0x...`: the inner call has the result. */
const INNER_FOLLOWS = /^\s{0,4}(?:==?>?|->|:)\s{0,4}$/;
/** Numbers and words up to the end of a line: what stood behind them was lost. */
const CUT_ARGUMENTS = /^[\w\s,.=*-]{0,60}\d[\w\s,.=*-]{0,20}$/;
const MAX_ARGUMENTS = 160;
const MAX_CALLS = 8;
const MAX_TRIES = 8;

/** What functions do, by name: a log has the same few. */
const kinds = new Map<string, CallKind | undefined>();

export function kindOf(name: string): CallKind | undefined {
  if (kinds.has(name)) return kinds.get(name);
  if (kinds.size > 1000) kinds.clear();
  const kind = callKind(name);
  kinds.set(name, kind);
  return kind;
}

interface Found {
  readonly name: string;
  readonly kind: CallKind;
  readonly list: string;
  /** Where the name begins, and where its closing parenthesis stands. */
  readonly start: number;
  readonly end: number;
}

/** The first call of an allocator's function on a line from a place on: `NAME(ARGUMENTS)`. */
function callFrom(text: string, from: number): Found | undefined {
  let open = text.indexOf('(', from);
  for (let tries = 0; open > 0 && tries < MAX_TRIES; tries++, open = text.indexOf('(', open + 1)) {
    let end = open;
    if (text.charCodeAt(end - 1) === 0x20) end--;
    const { name, start } = nameBefore(text, end, from);
    const kind = start < end ? kindOf(name) : undefined;
    if (!kind) continue;
    const close = closeOf(text, open);
    if (close >= 0) return { name, kind, list: text.slice(open + 1, close), start, end: close + 1 };
    const list = text.slice(open + 1);
    return CUT_ARGUMENTS.test(list) ? { name, kind, list, start, end: text.length } : undefined;
  }
  return undefined;
}

/** The word that ends here; of C++ with `operator` and `[]`. */
function nameBefore(text: string, end: number, from: number): { readonly name: string; readonly start: number } {
  const wordEnd = text.startsWith('[]', end - 2) ? end - 2 : end;
  let start = wordEnd;
  while (start > from && start > wordEnd - 40 && isWord(text.charCodeAt(start - 1))) start--;
  if (text.startsWith(OPERATOR, start - OPERATOR.length)) start -= OPERATOR.length;
  return { name: text.slice(start, end), start };
}
const OPERATOR = 'operator ';

/** Of an opening parenthesis the one that closes it; -1 where none does soon. */
function closeOf(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < Math.min(text.length, open + MAX_ARGUMENTS); at++) {
    const code = text.charCodeAt(at);
    if (code === 0x28) depth++;
    else if (code === 0x29 && --depth === 0) return at;
  }
  return -1;
}

function isWord(code: number): boolean {
  const low = code | 32;
  return (low >= 0x61 && low <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;
}

/** What a call of a line came to: its block, 0 for none. Undefined where the line does not say. */
function resultOf(text: string, from: number, { start, end }: Found): { address: Address; end: number } | undefined {
  RESULT.lastIndex = end;
  const behind = RESULT.exec(text);
  if (behind) return { address: addressOf(behind[2] ?? ''), end: RESULT.lastIndex };
  const before = RESULT_BEFORE.exec(text.slice(from, start));
  if (before) return { address: addressOf(before[1] ?? ''), end };
  REFUSED.lastIndex = end;
  return REFUSED.test(text) ? { address: 0, end: REFUSED.lastIndex } : undefined;
}

function addressOf(word: string): Address {
  if (word.startsWith('0x') || word.startsWith('0X')) return Number(word);
  return word.length === 8 ? Number.parseInt(word, 16) : 0;
}

/** Whether a call that cannot be read stands there as a record, not as a word of a sentence or of a program's source. */
function isRecord(text: string, { start, end, list }: Found, asked: Asked | undefined): boolean {
  const rest = text.slice(end);
  if (text[end - 1] !== ')') return true;
  if (SOURCE_TEXT.test(rest)) return false;
  if (asked === undefined) return list.includes('0x') || RESULT_BEHIND.test(rest);
  return LOGGED.test(rest) || BEFORE_A_RECORD.test(text.slice(0, start));
}

/** Behind a call, or between it and its result: most lines end with the result. */
function callerIn(text: string, { end }: Found, resultEnd: number): Address {
  const isThere = resultEnd < text.length || text.indexOf('@', end) >= 0;
  const caller = isThere ? CALLER.exec(text.slice(end)) : null;
  return Number(caller?.[1] ?? caller?.[2] ?? 0);
}

/** A whole line of most logs: `malloc(64) = 0x20001000`, `free(0x20001000)`. */
const PLAIN = /^(\w{3,40})\((0x[0-9a-f]{1,16}|\d{1,10})\)(?: (?:=|->) (0x[0-9a-f]{1,16}))?$/;

function plainCall(text: string): Calls | undefined {
  const match = PLAIN.exec(text);
  if (!match) return undefined;
  const [, name = '', list = '', result] = match;
  const kind = kindOf(name);
  if (kind === 'free' && result === undefined && list.startsWith('0x')) {
    const address = Number(list);
    return { calls: [{ kind, address, sizeBytes: 0, from: address, caller: 0 }], unread: 0 };
  }
  if (kind !== 'alloc' || result === undefined) return undefined;
  return { calls: [{ kind, address: Number(result), sizeBytes: Number(list), from: 0, caller: 0 }], unread: 0 };
}

/** All calls of a line: one that lost its end holds several. */
export function callsIn(text: string): Calls {
  return plainCall(text) ?? allCallsIn(text);
}

function allCallsIn(text: string): Calls {
  const calls: Call[] = [];
  let [unread, at] = [0, 0];
  /** Where a call without a result ends: it is that of the next one when that stands right behind. */
  let waits = -1;
  for (let found = callFrom(text, at); found && calls.length + unread < MAX_CALLS; found = callFrom(text, at)) {
    if (waits >= 0 && !INNER_FOLLOWS.test(text.slice(waits, found.start))) unread++;
    waits = -1;
    const asked = askedIn(found.name, found.kind, found.list);
    const result = found.kind === 'free' ? { address: 0, end: found.end } : resultOf(text, at, found);
    if (asked && result)
      calls.push(callOf(found, asked, { address: result.address, caller: callerIn(text, found, result.end) }));
    else if (isRecord(text, found, asked)) waits = found.end;
    at = Math.max(found.end, result?.end ?? 0);
  }
  if (waits >= 0) unread++;
  return calls.length + unread === 0 ? NO_CALLS : { calls, unread };
}

function callOf({ kind }: Found, asked: Asked, of: { readonly address: Address; readonly caller: Address }): Call {
  if (kind === 'free') return { kind, ...asked, address: asked.from, caller: of.caller };
  return { kind: kind === 'realloc' ? kind : 'alloc', ...asked, ...of };
}
