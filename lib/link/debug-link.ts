import type { Address, Milliseconds } from '../base/units.js';
import type { Backtrace } from '../trace/heap-event.js';

/**
 * Why the target stopped. `quiet`: it was only asked whether it still answers, because nothing had happened for `quietMs`; it is to be
 * resumed.
 */
export type StopReason =
  | { readonly kind: 'breakpoint'; readonly pc: Address }
  | { readonly kind: 'interrupted'; readonly pc: Address }
  | { readonly kind: 'quiet'; readonly pc: Address; readonly quietMs: Milliseconds }
  | { readonly kind: 'fault'; readonly pc: Address; readonly signal: string };

/** The registers and a copy of the stack from `stackAddress` up. */
export interface StackSample {
  readonly registers: Uint32Array;
  readonly stackAddress: Address;
  readonly stack: Uint8Array;
}

/**
 * A halted-or-running target behind gdb or behind our own protocol client: what the malloc-hook state machine
 * needs, so that it is written once for both engines. Every call rejects with TargetError, GdbError or DeviceLostError.
 */
export interface DebugLink extends AsyncDisposable {
  /** The registers of the architecture, in its order, with the status words that there are. Unsigned. Only while halted. */
  registers(): Promise<Uint32Array>;
  setPc(address: Address): Promise<void>;
  /** Reads exactly `length` bytes. Only while halted. */
  readMemory(address: Address, length: number): Promise<Uint8Array>;
  /**
   * The same from the target itself, where `readMemory` may take it from elsewhere (gdb reads code from the ELF file); absent where it never
   * does. Such a link may also take an answer of the server for that to another request, without a word.
   */
  readTarget?(address: Address, length: number): Promise<Uint8Array>;
  /** Sets a hardware breakpoint (a software one only in RAM). Setting one twice is one breakpoint. */
  setBreakpoint(address: Address): Promise<void>;
  removeBreakpoint(address: Address): Promise<void>;
  /** Runs until the next stop, stepping over a breakpoint at the current pc first. Abort interrupts the target. */
  resume(signal: AbortSignal): Promise<StopReason>;
  /** Halts a running target for a moment: the run ends with `quiet`. Does nothing while it is halted. */
  look(): void;
  /** The backtrace of the halted target, innermost first; with the frames of scripts where the firmware has an interpreter that is known. */
  backtrace(maxDepth: number): Promise<Backtrace>;
  /** What the last backtrace was made of, so that it can be made again; absent where the link does not read it. */
  sample?(): StackSample | undefined;
  /** The heap was collected or began anew: what was kept of objects in it does not hold any more. */
  heapCollected?(): void;
  /** A command to the debug server itself (`monitor ...`); resolves to its output. */
  monitor(command: string): Promise<string>;
}
