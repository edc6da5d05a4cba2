import type { Address, Bytes } from '../base/units.js';
import { parseFrameLine } from './gdb-frame-line.js';

/** What the line of a breakpoint that was hit says about the heap. */
export type GdbHit =
  /** gc_log_change: its arguments, as far as the line has them. */
  | { readonly kind: 'gc'; readonly startBlock: number | undefined; readonly lengthBlocks: number | undefined }
  | { readonly kind: 'alloc'; readonly functionName: string; readonly sizeBytes: Bytes }
  | { readonly kind: 'realloc'; readonly functionName: string; readonly sizeBytes: Bytes; readonly from: Address }
  | { readonly kind: 'free'; readonly functionName: string; readonly address: Address }
  /** Another function, or an allocator's without its arguments. */
  | { readonly kind: 'other'; readonly functionName: string };

const BREAKPOINT = /^(?:Thread .{1,200}? hit )?(?:Temporary breakpoint|Breakpoint) \d{1,9}(?:\.\d{1,9})?, (?=\S)(.*)$/;

/** What follows `Breakpoint 1.2, ` in such a line; undefined for any other. */
export function hitHead(line: string): string | undefined {
  return BREAKPOINT.exec(line)?.[1];
}

/** Whether the head has its place, so that gdb did not wrap it. */
export function isWholeHead(head: string): boolean {
  return /\) at .+:\d+$/.test(head);
}

const LOG_FUNCTION = 'gc_log_change';
/** `start_block=5`, `start_block=start_block@entry=5`, `start_block@entry=5` (print entry-values only). */
const valueAfter = (name: string) =>
  new RegExp(String.raw`\b${name}(?:@entry)?=(?:${name}@entry=)?(0x[0-9a-f]{1,13}|\d{1,15})\b`);
const START = valueAfter('start_block');
const LENGTH = valueAfter('length');

const USUAL = /^gc_log_change \(start_block=(\d{1,15}), length=(\d{1,15})\) at /;

const MAX_HEAD = 4096;

/** Reads the head of a hit: `0x1a in gc_log_change (start_block=0, length=2) at gc.c:106`. */
export function parseHit(text: string): GdbHit {
  // Nearly all hits of a script's log.
  const usual = USUAL.exec(text);
  if (usual) return { kind: 'gc', startBlock: Number(usual[1]), lengthBlocks: Number(usual[2]) };
  const head = text.slice(0, MAX_HEAD);
  const start = START.exec(head);
  const length = LENGTH.exec(head);
  // Inlined, a breakpoint on its line may show the function around it; the arguments tell.
  if (head.startsWith(LOG_FUNCTION) || head.includes(` in ${LOG_FUNCTION} `) || (start && length)) {
    return { kind: 'gc', startBlock: numberOr(start?.[1]), lengthBlocks: numberOr(length?.[1]) };
  }
  const functionName = parseFrameLine(`#0  ${head}`)?.frame.functionName || (/^([^\s(]+)/.exec(head)?.[1] ?? head);
  return allocatorHit(functionName, numericArguments(head)) ?? { kind: 'other', functionName };
}

function numberOr(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

interface NumericArgument {
  readonly name: string;
  readonly value: number;
  /** gdb prints pointers in hexadecimal. */
  readonly isPointer: boolean;
}

const ARGUMENT =
  /(?:\(|, )([A-Za-z_]\w{0,63})(?:@entry)?=(?:\w{1,64}@entry=)?(?:\([^()]{1,80}\) )?(0x[0-9a-f]{1,13}|\d{1,15})(?=[,) ])/g;
/** Arguments that are no block: newlib's context, a heap's own descriptor. */
const CONTEXT = /^(?:r|re|reent|reent_ptr|_?reent.*|ctx|context|heap|h|pool|this|arena)$/i;

function numericArguments(head: string): NumericArgument[] {
  return [...head.matchAll(ARGUMENT)].map(([, name = '', value = '']) => ({
    name,
    value: Number(value),
    isPointer: value.startsWith('0x'),
  }));
}

const ALLOC =
  /^(?:(?:__wrap_|__real_)?(?:_+|umm_|rt_|k_|mm_|kmm_|zalloc|sys_|lv_mem_|tlsf_|ps_|heap_caps_)?(?:malloc|calloc|zalloc|alloc|kmalloc)(?:_r|_default|_impl)?|(?:__wrap_|__real_)?(?:pvPortMalloc|pvPortCalloc)|operator new(?:\[\])?)$/;
const REALLOC =
  /^(?:__wrap_|__real_)?(?:_+|umm_|rt_|k_|mm_|kmm_|lv_mem_|tlsf_|ps_|heap_caps_)?realloc(?:_r|_default)?$/;
const FREE =
  /^(?:(?:__wrap_|__real_)?(?:_+|umm_|rt_|k_|mm_|kmm_|lv_mem_|tlsf_|heap_caps_)?(?:free|kfree)(?:_r)?|(?:__wrap_|__real_)?vPortFree|operator delete(?:\[\])?)$/;
const SIZE_NAME = /size|bytes|len|wanted|^n$|^sz$/i;

/** What a function of this name does with blocks; undefined for any other function. */
export function allocatorCall(functionName: string): 'alloc' | 'calloc' | 'realloc' | 'free' | undefined {
  if (FREE.test(functionName)) return 'free';
  if (REALLOC.test(functionName)) return 'realloc';
  if (!ALLOC.test(functionName)) return undefined;
  return /calloc/i.test(functionName) ? 'calloc' : 'alloc';
}

/** Of malloc, free and their kin under other names; undefined where the arguments are not there. */
function allocatorHit(functionName: string, values: readonly NumericArgument[]): GdbHit | undefined {
  const pointer = values.find((value) => value.isPointer && !CONTEXT.test(value.name));
  if (FREE.test(functionName)) return pointer && { kind: 'free', functionName, address: pointer.value };
  const isRealloc = REALLOC.test(functionName);
  if (!isRealloc && !ALLOC.test(functionName)) return undefined;
  const numbers = values.filter((value) => !value.isPointer);
  const sizeBytes = /calloc/i.test(functionName)
    ? productOfTwo(numbers)
    : (numbers.find((value) => SIZE_NAME.test(value.name)) ?? numbers.at(-1))?.value;
  if (sizeBytes === undefined) return undefined;
  if (!isRealloc) return { kind: 'alloc', functionName, sizeBytes };
  return pointer && { kind: 'realloc', functionName, sizeBytes, from: pointer.value };
}

function productOfTwo(numbers: readonly NumericArgument[]): number | undefined {
  const [first, second] = numbers;
  return first && second && first.value * second.value;
}
