import { formatBytes, fragmentationOf } from '../../lib/public/browser.js';
import type { Sign } from '../model/certainty.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import type { LevelOf } from '../model/region-levels.js';
import { app, useApp } from '../state/app-state.js';
import { percent, shown } from './text.js';

interface Props {
  readonly loaded: LoadedTrace;
  readonly levels: readonly LevelOf[];
  readonly sign: Sign;
}

const MOST = 64;

/** Each memory for itself: what is free in one is of no use to a request that another one must serve. A click shows its curves. */
export function RegionFigures({ loaded, levels, sign }: Props) {
  const area = useApp((state) => state.area);
  const about = sign === '' ? '' : '≈ ';
  return (
    <table class="region-figures hover">
      <thead>
        <tr>
          <th>memory</th>
          <th class="number">free</th>
          <th class="number">largest</th>
          <th class="number">frag.</th>
        </tr>
      </thead>
      <tbody>
        {levels.slice(0, MOST).map(({ region, freeBytes, largestFreeBytes }) => (
          <tr key={region.name} data-region={region.name} aria-current={area === region.name}>
            <td class="name">
              <button
                type="button"
                class="link"
                disabled={!loaded.gaps}
                title="Curves, cuts and drops of this memory; again: of the whole heap"
                onClick={() => app.set({ area: area === region.name ? '' : region.name })}
              >
                {shown(region.name)}
              </button>
            </td>
            <td class="number">
              {sign}
              {formatBytes(freeBytes)}
            </td>
            <td class="number">
              {sign}
              {formatBytes(largestFreeBytes)}
            </td>
            <td class="number">
              {about}
              {percent(fragmentationOf(freeBytes, largestFreeBytes))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
