import type { Address, Blocks, Bytes } from '../../base/units.js';
import { gcEvent } from '../../trace/gc-log.js';
import type { Backtrace, HeapEvent, TraceRecord } from '../../trace/heap-event.js';

/** What the log function was called with; `logged` is the caller's own (a snapshot, a backtrace). */
export interface LoggedChange<T> {
  readonly block: Blocks;
  readonly length: Blocks;
  readonly logged: T;
}

/** A request that the heap refused. */
export interface LoggedRefusal<T> {
  readonly requestedBytes: Bytes;
  readonly logged: T;
}

/** An event that still lacks its backtrace. */
export type LoggedStep<T> =
  | {
      readonly kind: 'change';
      readonly change: 'alloc' | 'realloc' | 'free';
      readonly address: Address;
      readonly length: Blocks;
      readonly logged: T;
    }
  | ({ readonly kind: 'refused' } & LoggedRefusal<T>);

/** What a stop means, in order: records that are ready, and events that are not. */
export type FollowerStep<T> = TraceRecord | LoggedStep<T>;

export function isLogged<T>(step: FollowerStep<T>): step is LoggedStep<T> {
  return step.kind === 'change' || step.kind === 'refused';
}

export function eventOf(step: LoggedStep<unknown>, backtrace: Backtrace): HeapEvent {
  if (step.kind === 'refused') return { kind: 'failed', sizeBytes: step.requestedBytes, backtrace };
  return gcEvent(step.change, step, backtrace);
}
