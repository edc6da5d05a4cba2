import type { Address, Bytes } from '../../base/units.js';
import { allocatorCall } from '../gdb-hit.js';
import { numberOf } from '../pattern/match-pattern.js';

/** What a function of an allocator does; see allocatorCall. `aligned` takes the alignment first, `other` does not say how much it takes. */
export type CallKind = NonNullable<ReturnType<typeof allocatorCall>> | 'aligned' | 'other';

const ALIGNED = /^(?:__wrap_|__real_)?(?:heap_caps_)?(?:aligned_alloc|memalign)$/;
/** Of the C library: what they return is freed like any other block. */
const OTHER = /^(?:posix_memalign|strdup|strndup|reallocarray|valloc|pvalloc)$/;

/** What a function of this name does with blocks; undefined for any other function. */
export function callKind(functionName: string): CallKind | undefined {
  if (ALIGNED.test(functionName)) return 'aligned';
  return OTHER.test(functionName) ? 'other' : allocatorCall(functionName);
}

/** What the arguments of a call say: the block that was given, and how much was asked for. 0 where the function takes none. */
export interface Asked {
  readonly from: Address;
  readonly sizeBytes: Bytes;
}

interface Argument {
  /** Of `size=64`; empty without one. */
  readonly name: string;
  readonly text: string;
  /** Undefined for a file, a task, a word. */
  readonly value: number | undefined;
}

/** newlib's reentrant functions, TLSF's and NuttX's take a context or a heap first. */
const WITH_CONTEXT = /_r$|^(?:tlsf|mm)_/;
const SIZE_NAME = /^(?:size|sizeBytes|bytes|nbytes|len|length|wanted|xWantedSize|n|sz)$/i;
const POINTER_NAME = /^(?:p|pv|ptr|pointer|addr|address|mem|block|old)$/i;
const COUNT_NAME = /^(?:n|nmemb|num|count|nelem|elements)$/i;
/** ARM's, IAR's and other printfs write %p as eight digits without 0x. */
const BARE_POINTER = /^[0-9a-f]{8}$/i;
/** A free prints no count: what is below is a level, `free(12000)`. */
const LEAST_ADDRESS = 0x100_0000;
const NOTHING: Asked = { from: 0, sizeBytes: 0 };

/**
 * Reads the arguments of a call by their names or by the function's signature; what a wrapper adds behind them (file, line, caller,
 * capabilities) is no size. Undefined where they do not say it.
 */
export function askedIn(functionName: string, kind: CallKind, list: string): Asked | undefined {
  // Most calls have one plain number.
  const only = numberOf(list, 0);
  if (only !== undefined && kind === 'alloc') return { from: 0, sizeBytes: only };
  if (kind === 'free' && list.startsWith('0x') && only !== undefined) return { from: only, sizeBytes: 0 };
  if (kind === 'other') return undefined;
  const all = argumentsIn(list);
  const needed = kind === 'alloc' || kind === 'free' ? 1 : 2;
  const own = WITH_CONTEXT.test(functionName) && all.length > needed ? all.slice(1) : all;
  const [first, second] = own;
  if (kind === 'free') return freed(list, own);
  if (kind === 'alloc') {
    const sizeBytes = (named(own, SIZE_NAME) ?? (first?.name || first?.value === undefined ? onlyNumber(own) : first))
      ?.value;
    return sizeBytes === undefined ? undefined : { from: 0, sizeBytes };
  }
  if (kind === 'aligned') {
    const sizeBytes = (named(own, SIZE_NAME) ?? second)?.value;
    return sizeBytes === undefined ? undefined : { from: 0, sizeBytes };
  }
  if (kind === 'realloc') {
    const from = addressOf(named(own, POINTER_NAME) ?? first);
    const sizeBytes = (named(own, SIZE_NAME) ?? second)?.value;
    return from === undefined || sizeBytes === undefined ? undefined : { from, sizeBytes };
  }
  const sizeBytes = (named(own, COUNT_NAME) ?? first)?.value;
  const each = (named(own, SIZE_NAME) ?? second)?.value;
  const product = (sizeBytes ?? Number.NaN) * (each ?? Number.NaN);
  return Number.isSafeInteger(product) ? { from: 0, sizeBytes: product } : undefined;
}

function freed(list: string, own: readonly Argument[]): Asked | undefined {
  const from = addressOf(named(own, POINTER_NAME) ?? own[0]);
  if (from === 0) return NOTHING;
  return from !== undefined && (from >= LEAST_ADDRESS || /0x/i.test(list)) ? { from, sizeBytes: 0 } : undefined;
}

/** Bare ones of eight digits are hexadecimal. */
function addressOf(argument: Argument | undefined): Address | undefined {
  return BARE_POINTER.test(argument?.text ?? '') ? Number.parseInt(argument?.text ?? '', 16) : argument?.value;
}

function named(all: readonly Argument[], name: RegExp): Argument | undefined {
  return all.find((argument) => (argument.value ?? argument.text) !== '' && name.test(argument.name));
}

/** The one argument that is a number, where a wrapper puts a name before it. */
function onlyNumber(all: readonly Argument[]): Argument | undefined {
  const numbers = all.filter(({ value }) => value !== undefined);
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** `64`, `0x40`, `ptr=0x20001000`, `NULL`, `64u`, `"main.c"`: the arguments in their order. */
function argumentsIn(list: string): Argument[] {
  return list.split(',', 8).map((argument) => {
    const sign = argument.lastIndexOf('=');
    const word = argument.slice(sign + 1).trim();
    const text = /^\d+[uUlL]{1,3}$/.test(word) ? word.replace(/[uUlL]+$/, '') : word;
    const isNull = /^(?:NULL|nil|\(nil\))$/i.test(text);
    return { name: argument.slice(0, Math.max(0, sign)).trim(), text, value: isNull ? 0 : numberOf(text, 0) };
  });
}
