import { useEffect, useMemo, useState } from 'preact/hooks';
import { EVENT_KINDS, formatBytes, formatCount } from '../../lib/public/browser.js';
import type { FoundRows } from '../model/find-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { groupedLines, groupOf, type RowGroup, rowGroups } from '../model/row-groups.js';
import { followsEvent } from '../model/row-query.js';
import { type Column, columnsOf, cutsLargest } from '../model/table-rows.js';
import { goToRow, pickRow, toggleQuery } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { CELL, rowProps, sortProps } from './roles.js';
import { Swatch } from './swatch.js';
import { Cell } from './table-cells.js';
import { TableTools } from './table-tools.js';
import { shown } from './text.js';
import { useRested } from './use-rested.js';
import { useWork } from './use-work.js';
import { ROW_HEIGHT, VirtualList } from './virtual-list.js';
import { Waiting } from './waiting.js';

const NOTHING: FoundRows = { rows: new Int32Array(0), problem: '' };

/** Events and allocations: filtered, sorted, grouped; only the rows in sight are drawn. */
export function Table({ loaded }: { readonly loaded: LoadedTrace }) {
  const filter = useApp((state) => state.filter);
  const query = useApp((state) => state.query);
  const range = useApp((state) => state.range);
  const sort = useApp((state) => state.sort);
  const hidden = useApp((state) => state.hiddenColumns);
  const picked = useApp((state) => state.picked);
  const atSeq = useRested(loaded, (state) => state.atSeq);
  const rested = useRested(loaded, (state) => state.query);
  const aged = useRested(loaded, (state) => (followsEvent(state.query) ? state.atSeq : -1));
  const asked = { area: loaded.area, filter, query: rested, atSeq: aged, range, sort };
  const { result } = useWork(loaded, 'rows', asked);
  const { rows, problem } = result ?? NOTHING;
  useEffect(() => () => loaded.desk?.giveBack(rows), [rows]);
  // The same is found anew when the curve comes: nobody who has scrolled is taken to the top for that.
  const content = useMemo(() => ({}), [loaded.original, loaded.area, filter, rested, aged, range, sort]);
  const { lines, groups, toggle, open } = useGroups(loaded, rows);
  const columns = useMemo(() => columnsOf(loaded).filter(({ id }) => !hidden.includes(id)), [loaded, hidden]);
  const template = columns.map(trackOf).join(' ');
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const selected = picked >= 0 ? picked : atSeq;
  const current = useMemo(() => lines.indexOf(selected), [lines, selected]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (event.key === 'Enter' && current >= 0) goToRow(selected);
    else if (step !== undefined && lines.length > 0) pickRow(nextRow(lines, current, step));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="panel-body">
      <TableTools loaded={loaded} rows={rows} />
      {!result ? (
        <Waiting />
      ) : rows.length === 0 ? (
        <p class="empty">{problem || emptyText(loaded, query !== '')}</p>
      ) : (
        <VirtualList
          count={lines.length}
          reveal={current}
          moment={selected}
          content={content}
          role="grid"
          label="Events"
          width={width}
          template={template}
          onKeyDown={onKeyDown}
          head={columns.map((column) => <HeadCell key={column.id} column={column} />)}
          row={(index) => {
            const line = lines[index] ?? 0;
            const group = groups[groupOf(line)];
            if (group) return <GroupRow key={group.label} {...{ group, index, toggle }} open={open.has(group.label)} />;
            return <Row key={line} {...{ loaded, index, columns, template }} seq={line} selected={line === selected} />;
          }}
        />
      )}
    </div>
  );
}

/** The lines of the table: its rows, or groups with the rows of those that are open. */
function useGroups(loaded: LoadedTrace, rows: Int32Array) {
  const grouping = useApp((state) => state.group);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const groups = useMemo(
    () => (grouping === 'none' ? [] : rowGroups(loaded, rows, grouping)),
    [loaded, rows, grouping],
  );
  const lines = useMemo(
    () => (grouping === 'none' ? rows : groupedLines(groups, open)),
    [rows, groups, grouping, open],
  );
  const toggle = (label: string) => {
    const next = new Set(open);
    if (!next.delete(label)) next.add(label);
    setOpen(next);
  };
  return { lines, groups, open, toggle };
}

/** The event so many lines on, groups passed over; at the ends the last one there is. */
function nextRow(lines: Int32Array, from: number, step: number): number {
  const sign = Math.sign(step);
  let found = lines[from] ?? -1;
  let left = Math.abs(step);
  for (let at = from + sign; at >= 0 && at < lines.length && left > 0; at += sign) {
    const line = lines[at] ?? -1;
    if (line < 0) continue;
    found = line;
    left--;
  }
  return found;
}

function emptyText(loaded: LoadedTrace, filtered: boolean): string {
  if (loaded.trace.eventCount === 0) return 'The trace has no events.';
  return filtered ? 'No row matches. Clear the text above.' : 'No row of this kind in the trace.';
}

/** On a wide screen names and backtraces get the room that is left. */
function trackOf({ id, width }: Column): string {
  const share = { stack: 1, source: 0.3 }[id];
  return share === undefined ? `${width}px` : `minmax(${width}px, ${share}fr)`;
}

function HeadCell({ column }: { readonly column: Column }) {
  const sort = useApp((state) => state.sort);
  const on = sort.column === column.id;
  const direction = on ? (sort.descending ? 'descending' : 'ascending') : 'none';
  return (
    <span {...sortProps(direction)}>
      <button
        type="button"
        class={column.numeric ? 'number' : ''}
        title={column.hint}
        onClick={() => app.set({ sort: { column: column.id, descending: on ? !sort.descending : column.numeric } })}
      >
        {column.title}
        {on && <i aria-hidden="true">{sort.descending ? ' ▾' : ' ▴'}</i>}
      </button>
    </span>
  );
}

interface RowProps {
  readonly loaded: LoadedTrace;
  readonly seq: number;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly template: string;
  readonly selected: boolean;
}

function Row({ loaded, seq, index, columns, template, selected }: RowProps) {
  const cut = cutsLargest(loaded, seq);
  const kind = EVENT_KINDS[loaded.trace.events.kind[seq] ?? 0] ?? '';
  return (
    <div
      class={`row ${kind}${selected ? ' selected' : ''}${cut ? ' cuts' : ''}`}
      {...rowProps({ index, selected, onClick: () => pickRow(seq), onDblClick: () => goToRow(seq) })}
      data-seq={seq}
      title={cut ? 'This allocation made the largest free block smaller' : ''}
      style={{ gridTemplateColumns: template, height: `${ROW_HEIGHT}px` }}
    >
      {columns.map((column) => (
        <Cell key={column.id} loaded={loaded} seq={seq} column={column} />
      ))}
    </div>
  );
}

interface GroupRowProps {
  readonly group: RowGroup;
  readonly index: number;
  readonly open: boolean;
  readonly toggle: (label: string) => void;
}

function GroupRow({ group, index, open, toggle }: GroupRowProps) {
  const { label, look, query, rows, bytes, aliveBytes } = group;
  return (
    <div
      class="row group-row"
      {...rowProps({ index, selected: false, expanded: open, onClick: () => toggle(label) })}
      style={{ height: `${ROW_HEIGHT}px` }}
    >
      <span {...CELL} class="text" title={shown(label)}>
        <i class="twist" aria-hidden="true">
          {open ? '▾' : '▸'}
        </i>
        <Swatch look={look} />
        {shown(label)}
      </span>
      <span {...CELL} class="number">
        {formatCount(rows.length)} {rows.length === 1 ? 'row' : 'rows'}
      </span>
      <span {...CELL} class="number">
        {formatBytes(bytes)}
      </span>
      <span {...CELL} class="number">
        {formatBytes(aliveBytes)} alive
      </span>
      <span {...CELL}>
        {query !== '' && (
          <button
            type="button"
            class="link"
            onClick={(event) => {
              event.stopPropagation();
              toggleQuery(query);
            }}
          >
            only these
          </button>
        )}
      </span>
    </div>
  );
}
