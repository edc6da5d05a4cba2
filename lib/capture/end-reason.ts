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
}
