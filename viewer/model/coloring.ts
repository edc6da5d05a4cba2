import { formatAddress, formatBytes, formatCount, ObjectMap } from '../../lib/public/browser.js';
import { looksOf } from '../paint/hues.js';
import { type ClassLook, OTHERS, SCALE_COLORS } from '../paint/palette.js';
import { formatUs } from '../views/text.js';
import type { LoadedTrace } from './loaded-trace.js';
import { objectTypes } from './object-types.js';
import { sourceLabel, sourceQuery } from './sources.js';

export const COLOR_MODES = ['source', 'size', 'age', 'lifetime', 'type', 'region'] as const;
/** What a block's colour says. */
export type ColorMode = (typeof COLOR_MODES)[number];

/** Blocks of one colour. */
export interface ColorClass extends ClassLook {
  readonly name: string;
  readonly hint: string;
  /** What shows them in the table; empty where no query does. */
  readonly query: string;
}

/** What the blocks of a trace look like. */
export interface Coloring {
  readonly mode: ColorMode;
  /** The first is for all blocks that have no class of their own. */
  readonly classes: readonly ColorClass[];
  /** By lifespan: an index into `classes`. */
  readonly ofSpan: Uint8Array;
}

/** Classes of `age` are those of an event; all others hold for the whole trace. */
export function coloringOf(loaded: LoadedTrace, mode: ColorMode, atSeq: number): Coloring {
  switch (mode) {
    case 'source':
      return bySource(loaded);
    case 'size':
      return bySize(loaded);
    case 'age':
      return byAge(loaded, atSeq);
    case 'lifetime':
      return byLifetime(loaded);
    case 'type':
      return byType(loaded);
    case 'region':
      return byRegion(loaded);
  }
}

/** Why a trace cannot be coloured so; empty when it can. */
export function uncolorable({ trace, regions }: LoadedTrace, mode: ColorMode): string {
  if (mode === 'type' && trace.graphs.length === 0) return 'The capture read no object types';
  if (mode === 'region' && regions.length === 0) return 'The trace has no addresses';
  return '';
}

function others(name: string, query = ''): ColorClass {
  return { ...OTHERS, name, hint: name, query };
}

function bySource({ sources }: LoadedTrace): Coloring {
  const named = sources.list.filter((_, rank) => rank < sources.named);
  const rest = sources.list.length - named.length;
  const classes = named.map((source) => ({
    ...{ ...source.look, name: sourceLabel(source), query: sourceQuery(source) },
    hint: `${source.functionName}  ${source.location}`,
  }));
  return {
    mode: 'source',
    classes: [others(`${formatCount(rest)} ${rest === 1 ? 'other' : 'others'}`), ...classes],
    ofSpan: sources.colorOf,
  };
}

const SIZES = [16, 32, 64, 128, 256, 1024, 4096];

function bySize({ spans }: LoadedTrace): Coloring {
  const classes = scale(SIZES, { figure: 'size', text: formatBytes, value: String });
  const ofSpan = new Uint8Array(spans.count);
  for (let span = 0; span < spans.count; span++) ofSpan[span] = 1 + stepOf(SIZES, spans.sizeBytes[span] ?? 0);
  return { mode: 'size', classes: [others('nothing'), ...classes], ofSpan };
}

/** What lies between an event and another is counted in: the target's time where the trace has it, else events. */
interface Clock {
  /** By event. */
  readonly at: (seq: number) => number;
  readonly whole: number;
  readonly text: (value: number) => string;
  readonly value: (value: number) => string;
}

function clockOf({ trace }: LoadedTrace): Clock {
  const { atUs } = trace.events;
  const last = trace.eventCount - 1;
  // The host's clock tells how long the debugger took, not the firmware.
  if (!atUs || trace.info.clock?.kind === 'host') {
    const text = (value: number) => `${formatCount(value)} ${value === 1 ? 'event' : 'events'}`;
    return { at: (seq) => seq, whole: trace.eventCount, text, value: String };
  }
  const whole = (atUs[last] ?? 0) - (atUs[0] ?? 0);
  return { at: (seq) => atUs[seq] ?? Number.NaN, whole, text: formatUs, value: (us) => `${us}us` };
}

/** 1, 3, 10, 30 and so on: the last seven below the whole. */
function stepsBelow(whole: number): number[] {
  const steps: number[] = [];
  for (let power = 1; power < Math.max(2, whole); power *= 10) steps.push(power, 3 * power);
  return steps.filter((step) => step <= Math.max(1, whole)).slice(-(SCALE_COLORS.length - 1));
}

function byAge(loaded: LoadedTrace, atSeq: number): Coloring {
  const { spans } = loaded;
  const { at, whole, text, value } = clockOf(loaded);
  const steps = stepsBelow(whole);
  const ofSpan = new Uint8Array(spans.count);
  const now = at(atSeq);
  for (let span = 0; span < spans.count; span++) {
    const start = spans.startSeq[span] ?? 0;
    if (start <= atSeq && (spans.endSeq[span] ?? 0) > atSeq) ofSpan[span] = 1 + stepOf(steps, now - at(start));
  }
  const classes = scale(steps, { figure: 'age', text, value });
  return { mode: 'age', classes: [others('not alive now'), ...classes], ofSpan };
}

function byLifetime(loaded: LoadedTrace): Coloring {
  const { spans, trace } = loaded;
  const { at, whole, text, value } = clockOf(loaded);
  const steps = stepsBelow(whole);
  const ofSpan = new Uint8Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    const end = spans.endSeq[span] ?? 0;
    if (end < trace.eventCount) ofSpan[span] = 1 + stepOf(steps, at(end) - at(spans.startSeq[span] ?? 0));
  }
  const classes = scale(steps, { figure: 'life', text, value });
  return { mode: 'lifetime', classes: [others('alive at the end', 'alive'), ...classes], ofSpan };
}

interface ScaleText {
  /** As the query box calls it. */
  readonly figure: string;
  readonly text: (value: number) => string;
  readonly value: (value: number) => string;
}

/** Classes up to each step and one beyond the last. */
function scale(steps: readonly number[], { figure, text, value }: ScaleText): ColorClass[] {
  return [...steps, Number.POSITIVE_INFINITY].map((to, index) => {
    const from = steps[index - 1];
    const most = Number.isFinite(to) ? to : undefined;
    const name = most === undefined ? `more than ${text(from ?? 0)}` : `up to ${text(most)}`;
    const least = from === undefined ? [] : [`${figure}>${value(from)}`];
    const query = [...least, ...(most === undefined ? [] : [`${figure}<=${value(most)}`])].join(' ');
    return { hex: SCALE_COLORS[index] ?? OTHERS.hex, pattern: 0, name, hint: name, query };
  });
}

/** The first step that a value does not exceed; their count when it exceeds all. Unknown values are in the first. */
function stepOf(steps: readonly number[], value: number): number {
  let step = 0;
  while (step < steps.length && value > (steps[step] ?? 0)) step++;
  return step;
}

/** So many kinds get a colour of their own. */
const KINDS = 12;

function byType(loaded: LoadedTrace): Coloring {
  const { spans, trace } = loaded;
  const graph = trace.graphs.at(-1);
  if (!graph) return { mode: 'type', classes: [others('no object types')], ofSpan: new Uint8Array(spans.count) };
  const kinds = new ObjectMap(graph)
    .types()
    .filter(({ type }) => type !== 'block')
    .slice(0, KINDS);
  const typeOf = objectTypes(loaded);
  const indexOf = new Map(kinds.map(({ type }, index) => [type, index + 1]));
  const ofSpan = Uint8Array.from({ length: spans.count }, (_, span) => indexOf.get(typeOf(span)) ?? 0);
  const looks = looksOf(kinds.map(({ type }) => ({ functionName: type, file: 'type', line: 0 })));
  const classes = kinds.map(({ type }, index) => ({
    ...{ ...(looks[index] ?? OTHERS), name: type, hint: type, query: `type:${quoted(type)}` },
  }));
  return { mode: 'type', classes: [others('other types, or unknown'), ...classes], ofSpan };
}

function byRegion({ spans, regions }: LoadedTrace): Coloring {
  const shown = regions.slice(0, KINDS);
  const ofSpan = new Uint8Array(spans.count);
  for (let span = 0; span < spans.count; span++) {
    const address = spans.address[span] ?? 0;
    ofSpan[span] = 1 + shown.findIndex((it) => address >= it.baseAddress && address < it.baseAddress + it.sizeBytes);
  }
  const looks = looksOf(shown.map(({ name }) => ({ functionName: name, file: 'region', line: 0 })));
  const classes = shown.map((region, index) => ({
    ...{ ...(looks[index] ?? OTHERS), name: region.name, query: `region:${quoted(region.name)}` },
    hint: `${formatAddress(region.baseAddress)} to ${formatAddress(region.baseAddress + region.sizeBytes)}`,
  }));
  return { mode: 'region', classes: [others('elsewhere'), ...classes], ofSpan };
}

/** A text as the query box takes it. */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', ' ')}"`;
}
