import { useMemo, useState } from 'preact/hooks';
import { type CallNode, callTree, formatCount } from '../../lib/public/browser.js';
import type { Measure } from '../model/call-rows.js';
import { AFTER, BEFORE, changeOf, diffTree } from '../model/diff-tree.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { functionsQuery } from '../model/stack-match.js';
import type { FlameBox } from '../paint/flame-layout.js';
import { changeColor } from '../paint/flame-painter.js';
import { showBelow } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { amountText } from './call-tools.js';
import { FlameGraph } from './flame-graph.js';
import { Segments } from './segments.js';
import { shown } from './text.js';

interface Props {
  readonly loaded: LoadedTrace;
  readonly measure: Measure;
  readonly search: string;
}

interface Sides {
  readonly root: CallNode;
  readonly names: readonly [before: string, after: string];
}

/** What is alive at A against B of a range, or two traces in the figure that is chosen. */
export function DiffFlame({ loaded, measure, search }: Props) {
  const sides = useSides(loaded, measure);
  const [wide, setWide] = useState<typeof BEFORE | typeof AFTER>(AFTER);
  const [zoomed, setZoomed] = useState<readonly CallNode[]>([]);
  const root = sides?.root;
  const path = useMemo(() => (root && zoomed[0] !== root ? [root] : zoomed), [zoomed, root]);
  const widths = useMemo(() => ({ figure: wide, unit: measure.unit }) as const, [wide, measure.unit]);
  const colorOf = useMemo(
    () =>
      ({ node }: FlameBox) =>
        changeColor(changeOf(node, measure)),
    [measure],
  );
  if (!sides || !root) {
    return (
      <p class="empty">
        Set a range from A to B on the axis for what differs between two moments, or open a second trace with Compare.
      </p>
    );
  }
  const about = (node: CallNode) =>
    `${amountText(node[BEFORE][measure.unit], measure)} → ${amountText(node[AFTER][measure.unit], measure)}`;
  const [before, after] = sides.names;
  const back = () => path.length > 1 && setZoomed(path.slice(0, -1));
  return (
    <>
      <div class="tools">
        <span>
          <b>{shown(before)}</b> → <b>{shown(after)}</b>: {about(root)}
        </span>
        <Segments
          label="As wide as"
          value={wide}
          options={[
            { id: BEFORE, text: 'as wide as before', hint: 'Shows what is gone' },
            { id: AFTER, text: 'as wide as after', hint: 'Shows what is new' },
          ]}
          onChange={setWide}
        />
        <span class="diff-key">
          <i style={{ background: changeColor(1) }} /> grew <i style={{ background: changeColor(0) }} /> the same{' '}
          <i style={{ background: changeColor(-1) }} /> shrank
        </span>
        {path.length > 1 && (
          <button type="button" onClick={back}>
            Zoom out
          </button>
        )}
      </div>
      {root[wide][measure.unit] === 0 ? (
        <p class="empty">Nothing was alive on that side.</p>
      ) : (
        <FlameGraph
          {...{ path, search, colorOf, about }}
          measure={widths}
          total={root[wide][measure.unit]}
          label="Flame graph of the difference"
          onPick={([, ...below]) => showBelow(below, functionsQuery)}
          onGo={setZoomed}
          onBack={back}
        />
      )}
    </>
  );
}

function useSides(loaded: LoadedTrace, measure: Measure): Sides | undefined {
  const other = useApp((state) => state.other);
  const range = useApp((state) => state.range);
  const hide = useApp((state) => state.hide);
  return useMemo(() => {
    if (other) {
      // There is no event that both traces have.
      const each = { figure: measure.figure === 'at' ? 'live' : measure.figure, unit: measure.unit } as const;
      const sideOf = ({ trace }: LoadedTrace) => ({ root: callTree(trace, { hide }).root, measure: each });
      return { root: diffTree(sideOf(loaded), sideOf(other)), names: [loaded.name, other.name] } as const;
    }
    if (!range) return undefined;
    const at = { figure: 'at', unit: measure.unit } as const;
    const sideAt = (atSeq: number) =>
      atSeq < 0 ? undefined : { root: callTree(loaded.trace, { hide, atSeq }).root, measure: at };
    const name = (seq: number) => (seq < 0 ? 'the begin' : `event ${formatCount(seq)}`);
    const names = [`A, ${name(range.afterSeq)}`, `B, ${name(range.throughSeq)}`] as const;
    return { root: diffTree(sideAt(range.afterSeq), sideAt(range.throughSeq)), names };
  }, [loaded, other, range, hide, measure]);
}
