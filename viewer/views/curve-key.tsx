import { useMemo } from 'preact/hooks';
import { formatBytes } from '../../lib/public/browser.js';
import { certaintyAt, isHistory } from '../model/certainty.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { highest } from '../paint/curve-painter.js';
import { app, useApp } from '../state/app-state.js';
import { shown } from './text.js';

/** Says what the curves are, and which of them is not there, and why. */
export function CurveKey({ loaded, capacityBytes }: { loaded: LoadedTrace; capacityBytes: number | undefined }) {
  const { usage, gaps, gapsState } = loaded;
  const live = useMemo(() => highest(usage.liveBytes), [usage]);
  const largest = useMemo(() => gaps && highest(gaps.largestFreeBytes), [gaps]);
  const sure = useMemo(() => certaintyAt(loaded, loaded.trace.eventCount - 1), [loaded]);
  return (
    <p class="curve-key">
      {loaded.regions.length > 1 && loaded.order && <AreaChoice loaded={loaded} />}
      {!isHistory(loaded) && <span class="warn-text">no history: blocks in the order of the source, added up</span>}
      <span>
        <i class="line live" /> in use, {sure.live === '' ? 'up to ' : `highest ${sure.live}`}
        {formatBytes(live)}
      </span>
      {largest !== undefined && isHistory(loaded) && (
        <span>
          <i class="line largest" /> largest free block, {sure.free === '' ? 'up to ' : `highest ${sure.free}`}
          {formatBytes(largest)}
        </span>
      )}
      {gapsState === 'computing' && <span data-curve="computing">largest free block: being computed…</span>}
      {gapsState === 'failed' && (
        <span data-curve="failed">largest free block: too much for this browser's memory</span>
      )}
      {capacityBytes !== undefined && (
        <span>
          <i class="line capacity" /> size of the {loaded.area === '' ? 'heap' : 'region'}, {formatBytes(capacityBytes)}
        </span>
      )}
    </p>
  );
}

/** What the curves, the cuts and the drop column are about. */
function AreaChoice({ loaded }: { readonly loaded: LoadedTrace }) {
  const area = useApp((state) => state.area);
  return (
    <select
      aria-label="Memory"
      title="What the curves, the figures of the table and the cuts are about"
      value={area}
      disabled={!loaded.gaps}
      onChange={(event) => app.set({ area: event.currentTarget.value })}
    >
      <option value="">the whole heap</option>
      {loaded.regions.slice(0, 100).map(({ name }) => (
        <option key={name} value={name}>
          {shown(name)}
        </option>
      ))}
    </select>
  );
}
