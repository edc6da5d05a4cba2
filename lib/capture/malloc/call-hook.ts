import type { HookDescription } from '../../allocators/allocator-schema.js';
import type { Address, Bytes } from '../../base/units.js';

/** A hooked function of the firmware: where it begins, and which arguments mean what. */
export interface CallHook {
  /** The name in the ELF file. */
  readonly name: string;
  /** Its raw entry, Thumb bit cleared: behind the prologue the arguments and LR may be gone. */
  readonly address: Address;
  readonly kind: HookDescription['kind'];
  /** Positions of arguments, from 0 (AAPCS: r0 to r3). */
  readonly size?: number;
  readonly count?: number;
  readonly pointer?: number;
  /** Of a realloc: 0 there forbids it to move the block. */
  readonly mayMove?: number;
  /** Only for resets: it is the target that begins anew, so that nothing goes on that was under way. */
  readonly isTargetReset?: boolean;
  /** Only for frees: hooked functions that it calls do not count. */
  readonly nests: boolean;
}

/** A call that has been entered and not been seen to return. */
export interface OpenCall {
  readonly hook: CallHook;
  /** Whose stack it is on: a task, the code outside of tasks, or an exception handler. */
  readonly context: string;
  readonly sp: Address;
  readonly returnAddress: Address;
  /** r0 to r3 at the entry. */
  readonly args: readonly number[];
}

/** What a call did to the heap: a heap event without its backtrace. */
export type CallEvent =
  | { readonly kind: 'alloc'; readonly address: Address; readonly sizeBytes: Bytes }
  | { readonly kind: 'free'; readonly address: Address }
  | { readonly kind: 'realloc'; readonly address: Address; readonly sizeBytes: Bytes; readonly fromAddress: Address }
  | { readonly kind: 'failed'; readonly sizeBytes: Bytes; readonly fromAddress?: Address };

/** What was asked for: calloc's product may be larger than the address space, which is why it then fails. */
export function requestedBytes({ hook, args }: OpenCall): Bytes {
  const size = hook.size === undefined ? 0 : (args[hook.size] ?? 0);
  const count = hook.count === undefined ? 1 : (args[hook.count] ?? 0);
  return size * count;
}

/** The block that a free or a realloc was given; 0 for none. */
export function givenBlock({ hook, args }: Pick<OpenCall, 'hook' | 'args'>): Address {
  return hook.pointer === undefined ? 0 : (args[hook.pointer] ?? 0);
}

/** What a call that returned `result` did; undefined for nothing (free(NULL), and calls whose effect shows elsewhere). */
export function eventOf(call: OpenCall, result: number, reallocZeroFrees: boolean): CallEvent | undefined {
  const sizeBytes = requestedBytes(call);
  const block = givenBlock(call);
  switch (call.hook.kind) {
    case 'alloc':
      if (result === 0 && sizeBytes === 0) return undefined;
      return result === 0 ? { kind: 'failed', sizeBytes } : { kind: 'alloc', address: result, sizeBytes };
    case 'free':
      return block === 0 ? undefined : { kind: 'free', address: block };
    case 'realloc':
      if (block === 0)
        return result === 0 ? { kind: 'failed', sizeBytes } : { kind: 'alloc', address: result, sizeBytes };
      if (result !== 0) return { kind: 'realloc', address: result, sizeBytes, fromAddress: block };
      if (sizeBytes === 0 && reallocZeroFrees) return { kind: 'free', address: block };
      // The caller only asked whether there is room behind the block. (bool: the upper bits of the register mean nothing.)
      if (call.hook.mayMove !== undefined && ((call.args[call.hook.mayMove] ?? 1) & 0xff) === 0) return undefined;
      return { kind: 'failed', sizeBytes, fromAddress: block };
    case 'collect':
    case 'reset':
      return undefined;
  }
}
