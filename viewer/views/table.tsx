import { useMemo } from 'preact/hooks';
import { EVENT_KINDS, formatAddress, formatCount } from '../../lib/public/browser.js';
import { addr2lineCommand } from '../model/addr2line.js';
import type { FoundRows } from '../model/find-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { followsEvent } from '../model/row-query.js';
import { placeOfEvent, sourceLabel } from '../model/sources.js';
import { stackText } from '../model/stack-line.js';
import {
  COLUMNS,
  type Column,
  cutsLargest,
  hasClock,
  largestAfter,
  largestBefore,
  sizeOf,
  spanOf,
} from '../model/table-rows.js';
import { goToRow } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { copyText } from '../state/copy.js';
import { CELL, rowProps, sortProps } from './roles.js';
import { Swatch } from './swatch.js';
import { TableTools } from './table-tools.js';
import { formatUs, shown } from './text.js';
import { LONG_TRACE, useRested } from './use-rested.js';
import { useWork } from './use-work.js';
import { ROW_HEIGHT, VirtualList } from './virtual-list.js';
import { Waiting } from './waiting.js';

const NOTHING: FoundRows = { rows: new Int32Array(0), problem: '' };

/** Events and allocations: filtered, sorted, only the rows in sight drawn. */
export function Table({ loaded }: { readonly loaded: LoadedTrace }) {
  const filter = useApp((state) => state.filter);
  const query = useApp((state) => state.query);
  const range = useApp((state) => state.range);
  const sort = useApp((state) => state.sort);
  const now = useApp((state) => state.atSeq);
  const atSeq = useRested(now, loaded.trace.eventCount > LONG_TRACE ? 150 : 0);
  const long = loaded.trace.eventCount > LONG_TRACE;
  const rested = useRested(query, long ? 150 : 0);
  const aged = useRested(followsEvent(query) ? now : -1, long ? 150 : 0);
  const asked = { area: loaded.area, filter, query: rested, atSeq: aged, range, sort };
  const { result } = useWork(loaded, 'rows', asked);
  const { rows, problem } = result ?? NOTHING;
  const columns = useMemo(() => columnsOf(loaded), [loaded]);
  const template = columns.map((column) => `${column.width}px`).join(' ');
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const current = useMemo(() => rows.indexOf(atSeq), [rows, atSeq]);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step === undefined || rows.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    goToRow(rows[Math.max(0, Math.min(rows.length - 1, current + step))] ?? 0);
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
          count={rows.length}
          reveal={current}
          moment={atSeq}
          content={rows}
          role="grid"
          label="Events"
          width={width}
          onKeyDown={move}
          head={columns.map((column) => <HeadCell key={column.id} column={column} />)}
          row={(index) => {
            const seq = rows[index] ?? 0;
            return <Row key={seq} {...{ loaded, seq, index, columns, template }} selected={seq === atSeq} />;
          }}
        />
      )}
    </div>
  );
}

function emptyText(loaded: LoadedTrace, filtered: boolean): string {
  if (loaded.trace.eventCount === 0) return 'The trace has no events.';
  return filtered ? 'No row matches. Clear the text above.' : 'No row of this kind in the trace.';
}

/** Columns that say nothing for this trace are left out. */
function columnsOf(loaded: LoadedTrace): readonly Column[] {
  const { trace, gaps } = loaded;
  const largest = gaps !== undefined || trace.events.largestAfterBytes !== undefined;
  const shown = COLUMNS.filter((column) => {
    if (column.id === 'time') return hasClock(trace);
    if (column.id === 'address') return trace.info.hasAddresses;
    if (column.id === 'before' || column.id === 'after' || column.id === 'drop') return largest;
    return true;
  });
  if (!hasClock(trace) || trace.info.clock?.kind !== 'host') return shown;
  const timed = ['time', 'freed', 'life'];
  const hint = 'The clock of the host: the halts of the target are in it';
  return shown.map((column) =>
    timed.includes(column.id) ? { ...column, title: `${column.title}, host`, hint: `${column.hint}. ${hint}` } : column,
  );
}

function HeadCell({ column }: { readonly column: Column }) {
  const sort = useApp((state) => state.sort);
  const on = sort.column === column.id;
  const direction = on ? (sort.descending ? 'descending' : 'ascending') : 'none';
  return (
    <span {...sortProps(direction)} style={{ width: `${column.width}px` }}>
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
      {...rowProps({ index, selected, onClick: () => goToRow(seq) })}
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

function Cell({
  loaded,
  seq,
  column,
}: {
  readonly loaded: LoadedTrace;
  readonly seq: number;
  readonly column: Column;
}) {
  if (column.id === 'address') return <AddressCell loaded={loaded} seq={seq} />;
  if (column.id === 'source') return <SourceCell loaded={loaded} seq={seq} />;
  const text = cellText(loaded, seq, column.id);
  const title = column.id === 'stack' ? { title: text } : {};
  return (
    <span {...CELL} class={column.numeric ? 'number' : 'text'} data-column={column.id} {...title}>
      {text}
    </span>
  );
}

function AddressCell({ loaded, seq }: { readonly loaded: LoadedTrace; readonly seq: number }) {
  const trace = loaded.original;
  const address = trace.events.address[seq] ?? 0;
  const copy = (event: Event) => {
    event.stopPropagation();
    const { elf } = app.get();
    const command = addr2lineCommand(trace, trace.events.stack[seq] ?? -1, {
      machine: elf?.symbolizer.machine,
      elf: elf?.name ?? trace.info.elf?.path,
    });
    if (command) copyText(command, 'Copied an addr2line command');
    else copyText(formatAddress(address), 'Copied the address: the event has no code addresses to look up');
  };
  return (
    <span {...CELL} class="text" data-column="address">
      {address > 0 && (
        <button type="button" class="link mono" tabIndex={-1} onClick={copy} title="Copy an addr2line command">
          {formatAddress(address)}
        </button>
      )}
    </span>
  );
}

function SourceCell({ loaded, seq }: { readonly loaded: LoadedTrace; readonly seq: number }) {
  const span = spanOf(loaded, seq);
  const source = loaded.sources.list[loaded.sources.ofSpan[span] ?? -1];
  const place = placeOfEvent(loaded.trace, loaded.sources, { seq, span });
  return (
    <span {...CELL} class="text" data-column="source" title={shown(`${place.functionName}  ${place.location}`)}>
      <Swatch look={source?.look} />
      {shown(sourceLabel(place))}
    </span>
  );
}

/** A cell as the table shows it; the CSV has the plain values instead. */
function cellText(loaded: LoadedTrace, seq: number, column: string): string {
  const { trace } = loaded;
  const time = (value: number) => (hasClock(trace) ? formatUs(value) : count(value));
  switch (column) {
    case 'seq':
      return formatCount(seq);
    case 'time':
      return formatUs(trace.events.atUs?.[seq] ?? Number.NaN);
    case 'kind':
      return EVENT_KINDS[trace.events.kind[seq] ?? 0] ?? '';
    case 'size':
      return formatCount(sizeOf(loaded, seq));
    case 'freed':
    case 'life':
      return time(keyOf(loaded, seq, column));
    case 'before':
      return count(largestBefore(loaded, seq));
    case 'after':
      return count(largestAfter(loaded, seq));
    case 'drop': {
      const drop = largestBefore(loaded, seq) - largestAfter(loaded, seq);
      return drop === 0 ? '' : count(drop);
    }
    default:
      return shown(stackText(trace, trace.events.stack[seq] ?? -1));
  }
}

function count(value: number): string {
  return Number.isNaN(value) ? '' : formatCount(value);
}

function keyOf(loaded: LoadedTrace, seq: number, column: string): number {
  return COLUMNS.find((it) => it.id === column)?.keyOf(loaded)(seq) ?? Number.NaN;
}
