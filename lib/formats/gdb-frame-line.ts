import type { Frame } from '../trace/heap-event.js';

/** A line of gdb's `backtrace` or `up`. */
export interface FrameLine {
  readonly level: number;
  readonly frame: Frame;
  /** gdb prints no address where the callee is inlined into this frame (and at the start of a source line). */
  readonly hasAddress: boolean;
}

const SIGNAL = '<signal handler called>';
const HEAD = /^#(\d+)\s+(?:(0x[0-9a-f]+) in )?(.*)$/;
const PLACE = /^(.*)\) (?:at (.+):(\d+)|from (.+))$/;
const PLAIN_NAME = /^([\w.$@]+) \(/;

/**
 * Reads one frame line of gdb's console output: `#1  0x000009d6 in gc_alloc (n_bytes=24) at ../../py/gc.c:1009`, `#2  0x1a in ?? ()`,
 * `#3  <signal handler called>`. Returns undefined for any other line. Names and paths may hold spaces and parentheses.
 */
export function parseFrameLine(line: string): FrameLine | undefined {
  const head = HEAD.exec(line);
  if (!head) return undefined;
  const [, level = '0', address, rest = ''] = head;
  const base = { address: address === undefined ? 0 : Number.parseInt(address, 16) };
  const hasAddress = address !== undefined;
  if (rest === SIGNAL) {
    return {
      level: Number(level),
      hasAddress,
      frame: { ...base, functionName: SIGNAL, file: '', line: 0, kind: 'signal' },
    };
  }
  const place = PLACE.exec(rest);
  const file = place?.[2] ?? '';
  const lineNumber = Math.min(Number(place?.[3] ?? 0), 0x7fffffff);
  const call = place ? `${place[1] ?? ''})` : rest;
  return { level: Number(level), hasAddress, frame: { ...base, functionName: nameOf(call), file, line: lineNumber } };
}

/** Whether the text of a frame is there to its end, so that nothing cut it. */
export function isWholeFrame(line: string): boolean {
  return /\)(?: at .{1,4000}:\d+| from .{1,4000})?$|called>$/.test(line.trimEnd());
}

/** The name in `NAME (ARGUMENTS)`; empty for `??`. */
function nameOf(call: string): string {
  const plain = PLAIN_NAME.exec(call);
  if (plain) return plain[1] ?? '';
  const name = call.slice(0, startOfArguments(call)).trimEnd();
  return name === '??' ? '' : name;
}

/** Where the last balanced `(...)` begins: C++ names hold parentheses of their own. */
function startOfArguments(call: string): number {
  let depth = 0;
  for (let i = call.length - 1; i >= 0; i--) {
    // A string argument may hold parentheses of its own.
    if (depth > 0 && call[i] === '"') i = startOfString(call, i);
    if (call[i] === ')') depth++;
    else if (call[i] === '(' && --depth === 0) return i;
  }
  const first = call.indexOf(' (');
  return first < 0 ? call.length : first;
}

/** Where the string that ends at `end` begins; `end` itself when it has no begin. */
function startOfString(call: string, end: number): number {
  for (let i = end - 1; i > 0; i--) if (call[i] === '"' && call[i - 1] !== '\\') return i;
  return end;
}
