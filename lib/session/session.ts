import type { Trace } from '../trace/trace.js';

/** `none`: nothing was initialised (or the device forgot it). */
export type SessionState = 'none' | 'ready' | 'running' | 'stopped';

/** Which records a session keeps: `leaks` forgets a block when it is freed, `all` keeps it with its end. */
export type SessionMode = 'leaks' | 'all';

/**
 * Heap tracing on a live device, step by step: init, start, [the action under test], stop, dump; resume goes on.
 * A call that does not fit the state rejects with TargetError; a lost device with DeviceLostError.
 */
export interface HeapTraceSession extends AsyncDisposable {
  readonly state: SessionState;
  /** Things worth telling that were no errors, oldest first: `stop: tracing was already stopped`. */
  readonly warnings: readonly string[];
  /** Makes room for so many records on the device. */
  init(records: number): Promise<void>;
  start(mode: SessionMode): Promise<void>;
  stop(): Promise<void>;
  resume(): Promise<void>;
  /** What was recorded so far. The device keeps it; tracing may go on. */
  dump(): Promise<Trace>;
}
