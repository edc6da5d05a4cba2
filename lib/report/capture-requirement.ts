import { type Bytes, formatCount } from '../base/units.js';
import { CheckFailedError } from '../errors/errors.js';
import type { Trace } from '../trace/trace.js';
import { sanitize } from './sanitize.js';

/** What a capture must be to pass a check. */
export interface CaptureRequirement {
  /** Passes on a capture that lost events, too; default false: a lossy run never passes a check. */
  readonly allowIncomplete?: boolean;
}

/** What an assertion checks: a trace, or a capture that holds one. */
export type Checked = Trace | { readonly trace: Trace };

export function checkedTrace(checked: Checked): Trace {
  return 'trace' in checked ? checked.trace : checked;
}

/**
 * A check on a capture that lost events, or whose events contradict each other, would prove nothing; and a log that only says how full the
 * heap was has nothing to check, whatever is allowed.
 * @throws CheckFailedError HH2004, HH1720
 */
export function requireComplete(trace: Trace, options: CaptureRequirement = {}): void {
  const { complete, doubtful, contents } = trace.info;
  if (contents === 'levels') {
    throw new CheckFailedError(
      'HH1720',
      `capture: no events, only how full the heap was (${sanitize(trace.info.source)}): a check on it would prove nothing`,
      { remedy: 'check a trace of allocations; `harvest leaks` tells a leak from fragmentation by the levels' },
    );
  }
  if ((complete && doubtful === undefined) || options.allowIncomplete) return;
  const reason = complete ? doubtful : (trace.gaps[0]?.reason ?? trace.info.endReason ?? 'the source says so');
  throw new CheckFailedError(
    'HH2004',
    `capture: ${complete ? 'doubtful' : 'incomplete'} (${sanitize(reason ?? '')}): a check on it would prove nothing\n${captureLine(trace)}`,
    {
      remedy: 'capture again, or allow it: allowIncomplete',
    },
  );
}

/** Whether what was left stays within a limit. One of 0 is broken by a block of no bytes, too. */
export function isWithinLimit(left: { readonly count: number; readonly bytes: Bytes }, limit: Bytes): boolean {
  return left.bytes <= limit && !(limit === 0 && left.count > 0);
}

/** `capture: complete, 4,112 events, 0 gaps, 0 resets`, and how long the target stood still where the engine tells. */
export function captureLine(trace: Trace): string {
  const { haltedPercent, haltedAtLeastPercent } = trace.info.engineReport ?? {};
  const halted = haltedPercent ?? haltedAtLeastPercent;
  const least = haltedPercent === undefined ? 'at least ' : '';
  const parts = [
    trace.info.complete ? 'complete' : 'incomplete',
    `${formatCount(trace.eventCount)} events`,
    `${formatCount(trace.gaps.length)} gaps`,
    `${formatCount(trace.epochs.length)} resets`,
    ...(typeof halted === 'number' ? [`${least}${halted.toFixed(0)} % of the time halted`] : []),
  ];
  return `  capture: ${parts.join(', ')}`;
}
