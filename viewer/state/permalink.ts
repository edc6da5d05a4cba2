import { CALL_FIGURES, type EventRange, type Mark, type Trace } from '../../lib/public/browser.js';
import { COLOR_MODES } from '../model/coloring.js';
import {
  AMOUNT_UNITS,
  type AppState,
  app,
  FLAME_MODES,
  GROUPINGS,
  INITIAL,
  type Range,
  ROW_FILTERS,
  TABS,
} from './app-state.js';
import { DEFAULT_HIDE, parseHide } from './preferences.js';

/*
 * The view's state in the address: `#at=120&view=time&tab=leaks&...`. Only what differs from the page's first state is written.
 * A link is input like any other: what does not fit is left out.
 */

/** An address has no room for more. */
const MAX_MARKS = 50;
const MAX_UNFOLDED = 32;

export function hashOf(state: AppState): string {
  const parts = new URLSearchParams();
  const put = (key: string, value: string, initial: string) => {
    if (value !== initial) parts.set(key, value);
  };
  parts.set('at', String(state.atSeq));
  put('range', state.range ? `${state.range.afterSeq + 1}-${state.range.throughSeq}` : '', '');
  put('span', String(state.span), '-1');
  if (state.hide !== DEFAULT_HIDE) put('hide', state.hide.join('\n'), DEFAULT_HIDE.join('\n'));
  put('view', state.view, INITIAL.view);
  put('tab', state.tab, INITIAL.tab);
  put('filter', state.filter, INITIAL.filter);
  put('q', state.query, '');
  put('color', state.color, INITIAL.color);
  put('sort', `${state.sort.descending ? '-' : ''}${state.sort.column}`, '');
  put('time', rangeText(state.time), '');
  put('address', rangeText(state.timeAddress), '');
  put('area', state.area, '');
  put('axis', state.timeAxis, INITIAL.timeAxis);
  put('figure', state.figure, INITIAL.figure);
  put('unit', state.unit, INITIAL.unit);
  put('inverted', state.inverted ? '1' : '', '');
  put('row', String(state.picked), '-1');
  put('gap', state.gap, '');
  put('make', state.make, '');
  put('flame', state.flame, INITIAL.flame);
  put('fn', state.fn, '');
  put('group', state.group, INITIAL.group);
  put('hidden', state.hiddenColumns.join(' '), '');
  for (const { beforeSeq, name } of state.userMarks.slice(0, MAX_MARKS)) parts.append('mark', `${beforeSeq}:${name}`);
  for (const stretch of state.unfolded.slice(0, MAX_UNFOLDED)) parts.append('unfold', stretch);
  for (const [name, range] of Object.entries(state.windows)) parts.append('map', `${rangeText(range)}:${name}`);
  return `#${parts.toString()}`;
}

function rangeText(range: Range | undefined): string {
  return range ? `${Math.round(range.from)}-${Math.round(range.to)}` : '';
}

function parseRange(text: string | null): Range | undefined {
  const match = /^(\d{1,16})-(\d{1,16})$/.exec(text ?? '');
  if (!match) return undefined;
  const range = { from: Number(match[1]), to: Number(match[2]) };
  return range.to > range.from ? range : undefined;
}

/** The first and the last event of a range. */
function parseEvents(text: string | null): EventRange | undefined {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text ?? '');
  if (!match) return undefined;
  const range = { afterSeq: Number(match[1]) - 1, throughSeq: Number(match[2]) };
  return range.throughSeq > range.afterSeq ? range : undefined;
}

/** `120:boot`: before event 120. */
function parseMark(text: string): Mark[] {
  const match = /^(\d{1,9}):(.{1,200})$/s.exec(text);
  return match ? [{ beforeSeq: Number(match[1]), name: match[2] ?? '' }] : [];
}

function oneOf<T extends string>(text: string | null, known: readonly T[]): T | undefined {
  return known.find((it) => it === text);
}

/** What a link asks for; only what it names and what is valid. */
export function parseHash(hash: string): Partial<AppState> {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (key: string) => (/^\d{1,9}$/.test(parts.get(key) ?? '') ? Number(parts.get(key)) : undefined);
  const sort = /^(-?)([a-z]{1,20})$/i.exec(parts.get('sort') ?? '');
  const windows: Record<string, Range> = {};
  for (const text of parts.getAll('map').slice(0, 32)) {
    const at = text.indexOf(':');
    const range = parseRange(text.slice(0, at));
    if (range) windows[text.slice(at + 1)] = range;
  }
  return defined({
    atSeq: number('at'),
    span: number('span'),
    range: parseEvents(parts.get('range')),
    hide: parts.has('hide') ? parseHide((parts.get('hide') ?? '').slice(0, 10_000)) : undefined,
    view: oneOf(parts.get('view'), ['map', 'time']),
    tab: oneOf(parts.get('tab'), TABS),
    filter: oneOf(parts.get('filter'), ROW_FILTERS),
    query: parts.get('q')?.slice(0, 2000),
    color: oneOf(parts.get('color'), COLOR_MODES),
    sort: sort ? { column: sort[2] ?? 'size', descending: sort[1] === '-' } : undefined,
    time: parseRange(parts.get('time')),
    timeAddress: parseRange(parts.get('address')),
    area: parts.get('area')?.slice(0, 200),
    timeAxis: oneOf(parts.get('axis'), ['events', 'clock']),
    figure: oneOf(parts.get('figure'), CALL_FIGURES),
    unit: oneOf(parts.get('unit'), AMOUNT_UNITS),
    inverted: parts.get('inverted') === '1' ? true : undefined,
    picked: number('row'),
    gap: parts.get('gap')?.slice(0, 200),
    make: parts.get('make')?.slice(0, 20),
    unfolded: parts.has('unfold') ? parts.getAll('unfold').slice(0, MAX_UNFOLDED) : undefined,
    flame: oneOf(parts.get('flame'), FLAME_MODES),
    fn: parts.get('fn')?.slice(0, 1000),
    group: oneOf(parts.get('group'), GROUPINGS),
    hiddenColumns: parts.has('hidden') ? (parts.get('hidden') ?? '').split(' ').slice(0, 50) : undefined,
    userMarks: parts.has('mark') ? parts.getAll('mark').slice(0, MAX_MARKS).flatMap(parseMark) : undefined,
    windows: Object.keys(windows).length > 0 ? windows : undefined,
  });
}

function defined(fields: { readonly [K in keyof AppState]?: AppState[K] | undefined }): Partial<AppState> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What a link leaves out is as in the page's first state, and the hidden frames are those that all pages begin with. */
export function viewOf(hash: string): Partial<AppState> {
  const { view, tab, filter, query, color, sort, time, timeAddress, timeAxis, figure, unit, inverted } = INITIAL;
  const { range, span, windows, area, picked, gap, make, unfolded, flame, fn, group, hiddenColumns } = INITIAL;
  const first = { view, tab, filter, query, color, sort, time, timeAddress, timeAxis, figure, unit, inverted };
  const more = { range, span, windows, area, picked, gap, make, unfolded, flame, fn, group, hiddenColumns };
  return { ...first, ...more, hide: DEFAULT_HIDE, ...parseHash(hash) };
}

/**
 * Writes the address once changes have settled: it takes milliseconds, which a moving slider does not have. Each settled state is an
 * entry of the browser's history, so that Back returns to it.
 */
export function keepHash(): void {
  let timer = 0;
  let written: Trace | undefined;
  app.subscribe(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const state = app.get();
      if (!state.loaded) return;
      const hash = hashOf(state);
      const { original } = state.loaded;
      // The first state of a trace is no step that one would want to take back; what follows is one, also where a link told the first.
      const isFirst = written !== original;
      written = original;
      if (hash === location.hash) return;
      if (isFirst) history.replaceState(null, '', hash);
      else history.pushState(null, '', hash);
    }, 300);
  });
}
