import { EVENT_KINDS, formatAddress, formatCount } from '../../lib/public/browser.js';
import { addr2lineCommand } from '../model/addr2line.js';
import { eventSpans } from '../model/event-spans.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { placeOfEvent, sourceAt, sourceLabel } from '../model/sources.js';
import { stackText } from '../model/stack-line.js';
import {
  allocationStack,
  COLUMNS,
  type Column,
  hasClock,
  largestAfter,
  largestBefore,
  sizeOf,
  spanOf,
} from '../model/table-rows.js';
import { app } from '../state/app-state.js';
import { copyText } from '../state/copy.js';
import { CELL } from './roles.js';
import { Swatch } from './swatch.js';
import { formatUs, shown } from './text.js';

interface CellProps {
  readonly loaded: LoadedTrace;
  readonly seq: number;
  readonly column: Column;
}

/** One cell of an event's row. */
export function Cell({ loaded, seq, column }: CellProps) {
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
  const source = sourceAt(loaded, span);
  const place = placeOfEvent(loaded, { seq, span });
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
      return shown(backtraceText(loaded, seq));
  }
}

/** Of a free without a backtrace of its own that of its block's allocation, and says so. */
function backtraceText(loaded: LoadedTrace, seq: number): string {
  const { trace } = loaded;
  const own = stackText(trace, trace.events.stack[seq] ?? -1);
  if (eventSpans(loaded.spans).openedBy(seq) >= 0) return own;
  const allocated = stackText(trace, allocationStack(loaded, seq));
  if (own === '') return allocated === '' ? '' : `allocated by ${allocated}`;
  return allocated === '' || allocated === own ? own : `${own}; allocated by ${allocated}`;
}

function count(value: number): string {
  return Number.isNaN(value) ? '' : formatCount(value);
}

function keyOf(loaded: LoadedTrace, seq: number, column: string): number {
  return COLUMNS.find((it) => it.id === column)?.keyOf(loaded)(seq) ?? Number.NaN;
}
