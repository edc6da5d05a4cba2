import type { Address } from '../../base/units.js';
import { type CallEvent, type CallHook, eventOf, type OpenCall } from './call-hook.js';

/** A stop of the target at a breakpoint. */
export interface TrackerStop {
  readonly pc: Address;
  readonly sp: Address;
  /** Where the function that is entered returns to. */
  readonly returnAddress: Address;
  /** The first four words of arguments; they are those of a call at the entry of a function only. */
  readonly args: readonly number[];
  /** What a function that has returned has returned. */
  readonly result: number;
  /** Whose stack it is: calls of different contexts never nest in each other. */
  readonly context: string;
  /** The return addresses on the stack; needed where {@link MallocTracker.isInside} says so, absent elsewhere. */
  readonly callers?: readonly Address[];
}

/** What a stop means, in order. */
export type TrackerStep =
  /** An outermost call begins: its backtrace is that of this stop. */
  | { readonly kind: 'opened'; readonly call: OpenCall }
  /** The heap changed (or a request was refused). `call` was opened before, at this stop or an earlier one. */
  | { readonly kind: 'event'; readonly call: OpenCall; readonly event: CallEvent }
  /** A call has returned and changed nothing. */
  | { readonly kind: 'nothing'; readonly call: OpenCall }
  /** A garbage collection has ended: the allocation table tells what died. */
  | { readonly kind: 'collected'; readonly call: OpenCall }
  /** The heap begins anew. */
  | { readonly kind: 'reset'; readonly call: OpenCall }
  /** A call whose stack frame is gone without a return that was seen: longjmp, or no breakpoint was left for it. */
  | { readonly kind: 'abandoned'; readonly call: OpenCall };

/**
 * Follows calls of hooked functions from entry to return, whatever happens in between. Pure: it is told of stops and says what they
 * mean and at which return addresses it wants to hear next.
 *
 * The stack pointer tells everything (stacks grow downward). A call of the same context that is entered
 *   below an open call's SP is made by it if that call's return address is still among the callers: nested, and no event of its own;
 *   if it is not, the open call was left by longjmp, and something else calls from a deeper place;
 *   at the same SP, with the same return address but another function, is a tail call (`b _malloc_r`): the older call goes on;
 *   at the same SP otherwise, or above it, proves that the open call's frame is gone: it was left by longjmp.
 * A call ends where pc is its return address and SP is what it was at its entry, so recursion ends at the right depth.
 */
export class MallocTracker {
  private readonly hooks = new Map<Address, CallHook>();
  private readonly contexts = new Map<string, OpenCall[]>();

  constructor(
    hooks: readonly CallHook[],
    private readonly options: { readonly reallocZeroFrees: boolean },
  ) {
    for (const hook of hooks) this.hooks.set(hook.address, hook);
  }

  /** The open calls of all contexts; the most recently entered is the last. */
  get open(): readonly OpenCall[] {
    return [...this.openCalls];
  }

  /** Where open calls return to, the most recent first, each once. */
  get returnAddresses(): Address[] {
    return [...new Set([...this.openCalls].reverse().map((call) => call.returnAddress))];
  }

  private readonly openCalls = new Set<OpenCall>();

  isEntry(pc: Address): boolean {
    return this.hooks.has(pc);
  }

  /** The open call that a stop seems to be inside of: its callers must be known to be sure. */
  isInside(stop: TrackerStop): OpenCall | undefined {
    const call = this.contexts.get(stop.context)?.at(-1);
    return call && stop.sp < call.sp && this.hooks.has(stop.pc) ? call : undefined;
  }

  /** What a stop means; empty when it means nothing (a nested call, or a return address passed without an open call). */
  stop(stop: TrackerStop): TrackerStep[] {
    const hook = this.hooks.get(stop.pc);
    const calls = this.contexts.get(stop.context) ?? [];
    const steps: TrackerStep[] = [];
    if (hook?.isTargetReset) this.abandonAll(steps);
    while (isGone(calls.at(-1), stop, hook)) this.abandon(calls, steps);
    while (isReturn(calls.at(-1), stop)) {
      const call = this.pop(calls);
      if (call) steps.push(...this.returned(call, stop.result));
    }
    if (hook) steps.push(...this.entered(hook, stop, calls));
    if (calls.length > 0) this.contexts.set(stop.context, calls);
    else this.contexts.delete(stop.context);
    return steps;
  }

  private entered(hook: CallHook, stop: TrackerStop, calls: OpenCall[]): TrackerStep[] {
    const call: OpenCall = {
      hook,
      context: stop.context,
      sp: stop.sp,
      returnAddress: stop.returnAddress,
      args: stop.args,
    };
    if (hook.kind === 'reset') return [{ kind: 'reset', call }];
    // A collection is of interest inside of an allocation too, and does not make what it calls nested.
    const isNested = calls.some((open) => open.hook.kind !== 'collect');
    if (hook.kind !== 'collect' && isNested) return [];
    if (hook.kind !== 'free') {
      this.push(call, calls);
      return [{ kind: 'opened', call }];
    }
    if (hook.nests) this.push(call, calls);
    const event = eventOf(call, 0, this.options.reallocZeroFrees);
    // From here on another task may get the block: the free is told at once, not at its return.
    return event
      ? [
          { kind: 'opened', call },
          { kind: 'event', call, event },
        ]
      : [];
  }

  private returned(call: OpenCall, result: number): TrackerStep[] {
    if (call.hook.kind === 'collect') return [{ kind: 'collected', call }];
    if (call.hook.kind === 'free') return [];
    const event = eventOf(call, result, this.options.reallocZeroFrees);
    return [event ? { kind: 'event', call, event } : { kind: 'nothing', call }];
  }

  private abandon(calls: OpenCall[], steps: TrackerStep[]): void {
    const call = this.pop(calls);
    if (call && call.hook.kind !== 'free') steps.push({ kind: 'abandoned', call });
  }

  private abandonAll(steps: TrackerStep[]): void {
    for (const calls of this.contexts.values()) while (calls.length > 0) this.abandon(calls, steps);
    this.contexts.clear();
  }

  private push(call: OpenCall, calls: OpenCall[]): void {
    calls.push(call);
    this.openCalls.add(call);
  }

  private pop(calls: OpenCall[]): OpenCall | undefined {
    const call = calls.pop();
    if (call) this.openCalls.delete(call);
    return call;
  }
}

function isReturn(call: OpenCall | undefined, stop: TrackerStop): boolean {
  return call?.returnAddress === stop.pc && call.sp === stop.sp;
}

/** Whether the frame of an open call cannot exist any more. */
function isGone(call: OpenCall | undefined, stop: TrackerStop, entered: CallHook | undefined): boolean {
  if (!call) return false;
  if (stop.sp < call.sp) return stop.callers !== undefined && !stop.callers.includes(call.returnAddress);
  if (stop.sp > call.sp) return true;
  if (!entered) return false;
  const isTailCall = call.returnAddress === stop.returnAddress && call.hook.address !== entered.address;
  return !isTailCall;
}
