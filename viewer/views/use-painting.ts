import { type AddressOrder, recolored } from '../model/address-order.js';
import { type Coloring, coloringOf, uncolorable } from '../model/coloring.js';
import { keepLast } from '../model/keep-last.js';
import { litSpans, paintedClasses } from '../model/lit.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { followsEvent, type RowQueryTests, rowQuery } from '../model/row-query.js';
import { type ColorTable, colorTable } from '../paint/palette.js';
import { useApp } from '../state/app-state.js';
import { useRested } from './use-rested.js';

const matchesOf = keepLast(rowQuery);
const coloring = keepLast(coloringOf);
const litOf = keepLast(litSpans);
const classesOf = keepLast(paintedClasses);
const tableOf = keepLast(({ classes }: Coloring) => colorTable(classes));
const orderOf = keepLast((order: AddressOrder, classes: Uint8Array) => recolored(order, classes));

/** What the box of the table lets through; while it is typed, a query over a long trace waits for the typing to rest. */
export function useMatches(loaded: LoadedTrace): RowQueryTests {
  const query = useRested(loaded, (state) => state.query);
  const atSeq = useRested(loaded, (state) => (followsEvent(state.query) ? state.atSeq : -1));
  return matchesOf(loaded, query, atSeq);
}

/** What the blocks look like. Only ages follow the selected event. */
export function useColoring(loaded: LoadedTrace): Coloring {
  const asked = useApp((state) => state.color);
  const mode = uncolorable(loaded, asked) === '' ? asked : 'source';
  const atSeq = useRested(loaded, (state) => (state.color === 'age' ? state.atSeq : -1));
  return coloring(loaded, mode, atSeq);
}

export interface Painting {
  /** Undefined for a trace without addresses. */
  readonly order: AddressOrder | undefined;
  readonly table: ColorTable;
}

/** What the map and the time view are painted from: colours, with all dimmed that the table leaves out. */
export function usePainting(loaded: LoadedTrace): Painting {
  const chosen = useColoring(loaded);
  const { matches } = useMatches(loaded);
  const range = useApp((state) => state.range);
  const classes = classesOf(chosen, litOf(loaded, matches, matches && range));
  // As they are from the first on: a copy of millions of them takes time.
  const own = classes === loaded.sources.colorOf;
  return { order: own ? loaded.order : loaded.order && orderOf(loaded.order, classes), table: tableOf(chosen) };
}
