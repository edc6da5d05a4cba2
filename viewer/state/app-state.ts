import type { CallFigure, EventRange, Mark, Room, Symbolizer } from '../../lib/public/browser.js';
import type { ColorMode } from '../model/coloring.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { createStore, type Store, useSelected } from './store.js';

export const TABS = ['table', 'fragmentation', 'leaks', 'statistics', 'tree', 'flame', 'diff', 'why'] as const;
export type Tab = (typeof TABS)[number];
export const ROW_FILTERS = ['events', 'all', 'alive', 'freed', 'failed', 'temporary'] as const;
export type RowFilter = (typeof ROW_FILTERS)[number];
export const AMOUNT_UNITS = ['bytes', 'units', 'count'] as const;
export type AmountUnit = (typeof AMOUNT_UNITS)[number];

export const FLAME_MODES = ['tree', 'sandwich', 'diff'] as const;
export type FlameMode = (typeof FLAME_MODES)[number];
export const GROUPINGS = ['none', 'source', 'path'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** A part of the events or of the addresses that a view shows. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Message {
  readonly text: string;
  readonly remedy?: string | undefined;
  readonly code?: string | undefined;
}

export interface AppState {
  readonly loaded: LoadedTrace | undefined;
  /** The trace that `loaded` is compared with. */
  readonly other: LoadedTrace | undefined;
  /** The traces of a drop of several, to choose from; empty when only one came. */
  readonly files: readonly File[];
  /** Which of them `loaded` came from; their names may be the same. */
  readonly file: File | undefined;
  /** An ELF file that was opened as if it were a trace: to be asked about. */
  readonly offer: File | undefined;
  /** What the page is busy with; empty when it is not. */
  readonly busy: string;
  /** A trace that is being read in a worker: how far it is, from 0 to 1, and what calls it off. */
  readonly opening: { readonly share: number; readonly cancel: () => void } | undefined;
  readonly error: Message | undefined;
  /** A short confirmation that goes away by itself. */
  readonly toast: string;
  /** The selected event: every view shows the heap right after it. */
  readonly atSeq: number;
  /** From A to B: what the panels are about. Undefined: the whole trace, at the selected event. */
  readonly range: EventRange | undefined;
  /** The selected lifespan; -1 for none. */
  readonly span: number;
  /** The row that was picked, by its event; -1 for none: then that of the selected event is shown as such. */
  readonly picked: number;
  /** The memory whose largest free block is selected: outlined in the map, at whatever event; empty for none. */
  readonly gap: string;
  /** The size that shall be free in one piece, as it was typed; empty for none. */
  readonly make: string;
  /** The blocks in the way of a free piece that was asked for, and where it would be. */
  readonly room: Room | undefined;
  /** Marks set in the page, besides those of the trace. */
  readonly userMarks: readonly Mark[];
  readonly view: 'map' | 'time';
  readonly tab: Tab;
  readonly filter: RowFilter;
  /** What the table shows; the map dims all else (docs/viewer.md). */
  readonly query: string;
  /** What a block's colour says. */
  readonly color: ColorMode;
  readonly sort: { readonly column: string; readonly descending: boolean };
  /** By region name; absent: the part that was ever used. */
  readonly windows: Readonly<Record<string, Range>>;
  /** Unused stretches that are drawn at their length, as `region@address`. */
  readonly unfolded: readonly string[];
  /** The region that curves, figures and the drop column are about; empty: the whole heap. */
  readonly area: string;
  readonly time: Range | undefined;
  readonly timeAddress: Range | undefined;
  readonly timeAxis: 'events' | 'clock';
  readonly figure: CallFigure;
  readonly unit: AmountUnit;
  readonly inverted: boolean;
  readonly flame: FlameMode;
  /** The function in the middle of the sandwich; empty for the busiest. */
  readonly fn: string;
  /** How the table puts rows together. */
  readonly group: Grouping;
  /** Columns of the table that are not shown. */
  readonly hiddenColumns: readonly string[];
  readonly hide: readonly string[];
  readonly elf: { readonly name: string; readonly symbolizer: Symbolizer } | undefined;
  readonly theme: 'auto' | 'light' | 'dark';
  /** Height of the lower panel as a share of the window. */
  readonly panel: number;
  readonly dialog: 'none' | 'connect' | 'help' | 'names';
  readonly playing: boolean;
}

export const INITIAL: AppState = {
  loaded: undefined,
  other: undefined,
  files: [],
  file: undefined,
  offer: undefined,
  busy: '',
  opening: undefined,
  error: undefined,
  toast: '',
  atSeq: 0,
  range: undefined,
  span: -1,
  picked: -1,
  gap: '',
  make: '',
  room: undefined,
  userMarks: [],
  view: 'map',
  tab: 'table',
  filter: 'all',
  query: '',
  color: 'source',
  sort: { column: 'size', descending: true },
  windows: {},
  unfolded: [],
  area: '',
  time: undefined,
  timeAddress: undefined,
  timeAxis: 'events',
  figure: 'at',
  unit: 'bytes',
  inverted: false,
  flame: 'tree',
  fn: '',
  group: 'none',
  hiddenColumns: [],
  hide: [],
  elf: undefined,
  theme: 'auto',
  panel: 0.42,
  dialog: 'none',
  playing: false,
};

export const app: Store<AppState> = createStore<AppState>(INITIAL);

/** What a component takes of the page's state. */
export function useApp<S>(select: (state: AppState) => S): S {
  return useSelected(app, select);
}
