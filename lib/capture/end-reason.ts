import { formatAddress } from '../base/units.js';
import type { StopReason } from '../link/debug-link.js';

/**
 * Why a capture was told to end: the `reason` of the AbortSignal that engines are given.
 * `complete` says whether the trace then holds all that was asked for.
 */
export class EndReason {
  constructor(
    readonly text: string,
    readonly complete: boolean,
  ) {}

  /** The reason of an aborted signal; a plain abort is an interruption. */
  static of(signal: AbortSignal): EndReason {
    return signal.reason instanceof EndReason ? signal.reason : new EndReason('interrupted', false);
  }

  /** Of a stop that nobody asked for. */
  static ofStop(stop: Pick<StopReason, 'kind' | 'pc'> & { readonly signal?: string }): EndReason {
    return new EndReason(`the target stopped with ${signalOf(stop)} at ${formatAddress(stop.pc)}`, false);
  }
}

/** As gdb would call it: a breakpoint of nobody's is a trap. */
export function signalOf({ kind, signal }: { readonly kind: string; readonly signal?: string }): string {
  return signal ?? (kind === 'interrupted' ? 'SIGINT' : 'SIGTRAP');
}
