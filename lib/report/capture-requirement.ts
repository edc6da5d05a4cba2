import { formatCount } from '../base/units.js';
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

/** @throws CheckFailedError HH2004 */
export function requireComplete(trace: Trace, options: CaptureRequirement): void {
  const { complete, doubtful } = trace.info;
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

/** `capture: complete, 4,112 events, 0 gaps, 0 resets`, and how long the target stood still where the engine tells. */
export function captureLine(trace: Trace): string {
  const halted = trace.info.engineReport?.haltedPercent;
  const parts = [
    trace.info.complete ? 'complete' : 'incomplete',
    `${formatCount(trace.eventCount)} events`,
    `${formatCount(trace.gaps.length)} gaps`,
    `${formatCount(trace.epochs.length)} resets`,
    ...(typeof halted === 'number' ? [`${halted.toFixed(0)} % of the time halted`] : []),
  ];
  return `  capture: ${parts.join(', ')}`;
}
