import type { Address, Bytes } from '../base/units.js';
import type { CodeBytes } from './code-bytes.js';

/** A frame whose caller is looked for. */
export interface WindowFrame {
  /** The words of the architecture, as they are in the frame. */
  readonly registers: ArrayLike<number>;
  /** Whether the processor is stopped there: not at a return address. */
  readonly isTop: boolean;
  readonly code: CodeBytes;
  /** A word of the target's memory; undefined where there is no copy of it. */
  readonly read: (address: Address) => number | undefined;
}

/**
 * What is found of a frame's caller. `caller`: its words were written. `interrupted`: so they were, but nothing called: the processor
 * stood there when an interrupt came, as far as the interrupt's entry tells. `plain`: the frame has no window of its own: call frame
 * information tells. `outermost`: nothing called. `corrupt`: no call can have left this. `no-rule`: nothing tells.
 */
export type WindowCaller = { readonly kind: 'plain' } | FoundCaller;

export type FoundCaller =
  | { readonly kind: 'caller' | 'interrupted' | 'outermost' | 'corrupt' | 'no-rule' }
  | { readonly kind: 'no-memory'; readonly needs: Address };

/** Registers that move with each call: the few that a function sees are a window onto many. */
export interface RegisterWindows {
  /** So many words at the beginning are those that the window shows: they follow from the others. */
  readonly shown: number;
  /**
   * The registers that debug servers send which describe none, in order, by the length of their reply to `g`; undefined where no server
   * is known that sends so many.
   */
  orderOf(bytes: Bytes): readonly string[] | undefined;
  /** Writes the words that follow from the others. What is wrong with those; undefined when they may be so. */
  show(registers: Uint32Array): string | undefined;
  /** Writes the words of a frame's caller into `out`, as it will find them but for what the call has changed. */
  callerOf(frame: WindowFrame, out: number[]): WindowCaller;
}
