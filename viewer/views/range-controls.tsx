import { formatBytes, formatCount } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { clearRange, setEnd } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { Marks } from './marks-menu.js';
import { clockText, formatUs } from './text.js';

/** From A to B in words, and the buttons that set them without a drag. */
export function RangeControls({ loaded }: { readonly loaded: LoadedTrace }) {
  const range = useApp((state) => state.range);
  return (
    <div class="range-row" data-range={range ? `${range.afterSeq}-${range.throughSeq}` : ''}>
      <button type="button" onClick={() => setEnd('A')} title="Begin the range after the selected event (a)">
        Set A
      </button>
      <button type="button" onClick={() => setEnd('B')} title="End the range with the selected event (b)">
        Set B
      </button>
      {range ? (
        <>
          <span>
            <b>A</b> {placeText(loaded, range.afterSeq)} <b>B</b> {placeText(loaded, range.throughSeq)}:{' '}
            {formatCount(range.throughSeq - range.afterSeq)} events
          </span>
          <button type="button" onClick={clearRange} title="The whole trace again (x)">
            Clear
          </button>
        </>
      ) : (
        <span class="quiet">drag on the axis for a range from A to B: every panel follows</span>
      )}
      <span class="spring" />
      <Marks loaded={loaded} />
    </div>
  );
}

function placeText({ trace, usage }: LoadedTrace, seq: number): string {
  if (seq < 0) return 'the begin';
  const us = trace.events.atUs?.[seq];
  const time = us === undefined ? '' : `, ${formatUs(us)}${clockText(trace)}`;
  return `event ${formatCount(seq)}${time} (${formatBytes(usage.liveBytes[seq] ?? 0)})`;
}
