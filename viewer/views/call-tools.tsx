import { useMemo } from 'preact/hooks';
import { type CallFigure, type CallTree, formatBytes, formatCount } from '../../lib/public/browser.js';
import type { Measure } from '../model/call-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { AMOUNT_UNITS, type AmountUnit, app, useApp } from '../state/app-state.js';
import { Segments } from './segments.js';
import { useRested } from './use-rested.js';
import { useWork } from './use-work.js';

const FIGURE_TEXT: Readonly<Record<CallFigure, string>> = {
  at: 'at the event',
  peak: 'at the peak',
  live: 'at the end',
  total: 'in total',
  temporary: 'temporary',
};
const UNIT_TEXT: Readonly<Record<AmountUnit, string>> = { bytes: 'bytes', units: 'blocks', count: 'count' };
const FIGURES: readonly CallFigure[] = ['at', 'peak', 'live', 'total', 'temporary'];

/** With a range: what was allocated in it; `at the event` stays what is alive then, whenever it was allocated. */
const RANGE_TEXT: Readonly<Record<CallFigure, string>> = {
  at: 'all alive at the event',
  peak: 'at the peak of these',
  live: 'alive at B',
  total: 'born from A to B',
  temporary: 'temporary',
};

/** The call tree that the controls ask for; undefined until a worker has made it. Only `at the event` depends on the slider. */
export function useCallTree(loaded: LoadedTrace, invert: boolean): CallTree | undefined {
  const hide = useApp((state) => state.hide);
  const range = useApp((state) => state.range);
  const atSeq = useRested(loaded, (state) => (state.figure === 'at' ? state.atSeq : -1), 60);
  return useWork(loaded, 'tree', { invert, hide, range: atSeq >= 0 ? undefined : range, atSeq }).result;
}

export function useMeasure(): Measure {
  const figure = useApp((state) => state.figure);
  const unit = useApp((state) => state.unit);
  return useMemo(() => ({ figure, unit }), [figure, unit]);
}

interface CallToolsProps {
  readonly tree: CallTree;
  readonly measure: Measure;
  readonly invertible?: boolean;
}

/** Which amounts the tree and the flame graph show. */
export function CallTools({ tree, measure, invertible = true }: CallToolsProps) {
  const inverted = useApp((state) => state.inverted);
  const ranged = useApp((state) => state.range !== undefined);
  return (
    <>
      <Segments
        label="When"
        value={measure.figure}
        options={FIGURES.map((id) => ({ id, text: (ranged ? RANGE_TEXT : FIGURE_TEXT)[id] }))}
        onChange={(figure) => app.set({ figure })}
      />
      <Segments
        label="Measured in"
        value={measure.unit}
        options={AMOUNT_UNITS.map((id) => ({ id, text: UNIT_TEXT[id] }))}
        onChange={(unit) => app.set({ unit })}
      />
      {invertible && (
        <label class="check" title="Start at the source of each allocation and go outwards to its callers">
          <input
            type="checkbox"
            checked={inverted}
            onChange={(event) => app.set({ inverted: event.currentTarget.checked })}
          />
          inverted
        </label>
      )}
      <span class="spring" />
      <span class="quiet">total {amountText(tree.root[measure.figure][measure.unit], measure)}</span>
    </>
  );
}

/** An amount with its unit: bytes for people, else the number. */
export function amountText(value: number, { unit }: Measure): string {
  if (unit === 'bytes') return formatBytes(value);
  return `${formatCount(value)}${unit === 'count' ? ' allocations' : ' blocks'}`;
}
