import { useMemo } from 'preact/hooks';
import { formatBytes } from '../../lib/public/browser.js';
import { isHistory } from '../model/certainty.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { highest } from '../paint/curve-painter.js';

/** Says what the curves are, and which of them is not there, and why. */
export function CurveKey({ loaded, capacityBytes }: { loaded: LoadedTrace; capacityBytes: number | undefined }) {
  const { usage, gaps, gapsState } = loaded;
  const live = useMemo(() => highest(usage.liveBytes), [usage]);
  const largest = useMemo(() => gaps && highest(gaps.largestFreeBytes), [gaps]);
  return (
    <p class="curve-key">
      {!isHistory(loaded) && <span class="warn-text">no history: the blocks are in the order of the source</span>}
      <span>
        <i class="line live" /> in use, up to {formatBytes(live)}
      </span>
      {largest !== undefined && (
        <span>
          <i class="line largest" /> largest free block, up to {formatBytes(largest)}
        </span>
      )}
      {gapsState === 'computing' && <span data-curve="computing">largest free block: being computed…</span>}
      {gapsState === 'failed' && (
        <span data-curve="failed">largest free block: too much for this browser's memory</span>
      )}
      {capacityBytes !== undefined && (
        <span>
          <i class="line capacity" /> size of the heap, {formatBytes(capacityBytes)}
        </span>
      )}
    </p>
  );
}
