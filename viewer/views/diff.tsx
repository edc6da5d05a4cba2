import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import {
  type DiffRow,
  type EventRange,
  formatBytes,
  formatCount,
  type HeapDiff,
  heapDiff,
  TraceBuilder,
  traceWindow,
} from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { functionsQuery } from '../model/stack-match.js';
import { toggleQuery } from '../state/actions.js';
import { useApp } from '../state/app-state.js';
import { closeOther, openOther } from '../state/opening.js';
import { FileButton } from './header.js';
import { CELL, COLUMN_HEADER, ROW } from './roles.js';
import { goToTable, rowActs } from './row-acts.js';
import { shown } from './text.js';
import { ROW_HEIGHT, VirtualList } from './virtual-list.js';

/** What differs between two traces of one workload, or between the moments A and B of one trace, by call path. */
export function DiffPanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const other = useApp((state) => state.other);
  const range = useApp((state) => state.range);
  if (!other && range) return <MomentsDiff loaded={loaded} range={range} />;
  if (!other) {
    return (
      <div class="empty">
        <p>
          Set a range from A to B on the axis for what differs between two moments, or open a second trace of the same
          workload: this one counts as before, the second as after.
        </p>
        <FileButton id="diff-open" label="Open the second trace" hint="The trace to compare with" onFile={openOther} />
      </div>
    );
  }
  return <Diff before={loaded} after={other} />;
}

function Diff({ before, after }: { readonly before: LoadedTrace; readonly after: LoadedTrace }) {
  const hide = useApp((state) => state.hide);
  const [swapped, setSwapped] = useState(false);
  const [first, second] = swapped ? [after, before] : [before, after];
  const diff = useMemo(() => heapDiff(first.trace, second.trace, { hide }), [first, second, hide]);
  return (
    <DiffTable diff={diff} names={[first.name, second.name]}>
      <button type="button" onClick={() => setSwapped(!swapped)}>
        Swap
      </button>
      <button type="button" onClick={closeOther}>
        Close
      </button>
    </DiffTable>
  );
}

function MomentsDiff({ loaded, range }: { readonly loaded: LoadedTrace; readonly range: EventRange }) {
  const hide = useApp((state) => state.hide);
  const diff = useMemo(() => {
    const { trace } = loaded;
    const until = (seq: number) =>
      seq < 0 ? new TraceBuilder(trace.info).build() : traceWindow(trace, { atSeq: seq });
    return heapDiff(until(range.afterSeq), until(range.throughSeq), { hide });
  }, [loaded, range, hide]);
  const name = (seq: number) => (seq < 0 ? 'the begin' : `event ${formatCount(seq)}`);
  return <DiffTable diff={diff} names={[`A, ${name(range.afterSeq)}`, `B, ${name(range.throughSeq)}`]} />;
}

interface DiffTableProps {
  readonly diff: HeapDiff;
  readonly names: readonly [before: string, after: string];
  readonly children?: ComponentChildren;
}

function DiffTable({ diff, names, children }: DiffTableProps) {
  const [all, setAll] = useState(false);
  const rows = useMemo(() => (all ? diff.rows : diff.rows.filter((row) => row.status !== 'same')), [diff, all]);
  return (
    <div class="panel-body">
      <div class="tools">
        <span>
          <b>{shown(names[0])}</b> → <b>{shown(names[1])}</b>
        </span>
        <Totals diff={diff} />
        <span class="spring" />
        <label class="check">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} /> unchanged
          paths too
        </label>
        {children}
      </div>
      {!diff.complete && (
        <p class="warn-text">At least one side is incomplete: differences may come from what is missing.</p>
      )}
      {rows.length === 0 ? (
        <p class="empty">Both sides allocate the same on every call path.</p>
      ) : (
        <VirtualList
          count={rows.length}
          reveal={-1}
          moment={0}
          content={rows}
          role="grid"
          label="Differences by call path"
          head={['change', 'alive', '± blocks', '± peak', '± total', 'call path, outermost first'].map((title, i) => (
            <span
              key={title}
              {...COLUMN_HEADER}
              class={i > 0 && i < 5 ? 'number diff-cell' : i === 0 ? 'diff-status' : ''}
            >
              {title}
            </span>
          ))}
          row={(index) => {
            const row = rows[index];
            return row ? <Row key={row.path} row={row} /> : null;
          }}
        />
      )}
    </div>
  );
}

function Totals({ diff }: { readonly diff: HeapDiff }) {
  const change = (from: number, to: number) => `${formatBytes(from)} → ${formatBytes(to)}`;
  return (
    <span>
      alive {change(diff.before.liveBytes, diff.after.liveBytes)}, peak{' '}
      {change(diff.before.peak.bytes, diff.after.peak.bytes)}, total{' '}
      {change(diff.before.totalBytes, diff.after.totalBytes)}
    </span>
  );
}

function Row({ row }: { readonly row: DiffRow }) {
  const { change } = row;
  const query = functionsQuery([...row.frames].reverse());
  const on = useApp((state) => state.query === query);
  const { class: name, ...acts } = rowActs({ pick: () => toggleQuery(query), go: goToTable, on });
  return (
    <div class={`row tree-row ${name}`} {...ROW} {...acts} style={{ height: `${ROW_HEIGHT}px` }}>
      <span {...CELL} class="diff-status">
        <i class={`verdict ${row.status}`}>{row.status}</i>
      </span>
      <Change value={change.liveBytes} />
      <Change value={change.liveCount} />
      <Change value={change.peakBytes} />
      <Change value={change.totalBytes} />
      <span {...CELL} class="text" title={shown(row.path)}>
        {shown(row.path)}
      </span>
    </div>
  );
}

function Change({ value }: { readonly value: number }) {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return (
    <span {...CELL} class={`number diff-cell ${value > 0 ? 'worse' : value < 0 ? 'good' : 'quiet'}`}>
      {sign}
      {formatCount(Math.abs(value))}
    </span>
  );
}
