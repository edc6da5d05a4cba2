import type { Bytes } from '../base/units.js';

/** What a ring records of each event (alloctrace protocol, "Meaning of the settings"). */
export interface RingSettings {
  /** On: recording ends when the ring is full, which keeps the earliest events. Off: the oldest events are overwritten. */
  readonly stopOnFull: boolean;
  /** Drop an allocation together with the free that follows it when no other kept event lies between the two. */
  readonly collapsePairs: boolean;
  /** Keep the largest free block before and after each event, where the source tells it. */
  readonly captureLargest: boolean;
  readonly backtrace: {
    /** Frames kept, innermost first: 1 to {@link MAX_RING_DEPTH}. */
    readonly depth: number;
    /** Allocations below this size are recorded without a backtrace. 0: all have one. */
    readonly minSizeBytes: Bytes;
    /** On: frees are recorded without a backtrace. */
    readonly skipFrees: boolean;
  };
}

/** Any subset of the settings; what is absent stays as it is. */
export interface RingSettingsChange {
  readonly stopOnFull?: boolean;
  readonly collapsePairs?: boolean;
  readonly captureLargest?: boolean;
  readonly backtrace?: Partial<RingSettings['backtrace']>;
}

/** The protocol allows backtraces of 1 to 6 frames. */
export const MAX_RING_DEPTH = 6;

/** What a ring keeps when nobody says otherwise: the first events until it is full, each with its whole backtrace. */
export const DEFAULT_RING_SETTINGS: RingSettings = {
  stopOnFull: true,
  collapsePairs: false,
  captureLargest: false,
  backtrace: { depth: MAX_RING_DEPTH, minSizeBytes: 0, skipFrees: false },
};

/** The settings after a change. */
export function changeRingSettings(settings: RingSettings, change: RingSettingsChange): RingSettings {
  const { backtrace, ...flags } = change;
  return { ...settings, ...flags, backtrace: { ...settings.backtrace, ...backtrace } };
}
