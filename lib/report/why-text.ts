import type { HeapStats } from '../analysis/heap-stats.js';
import type { ObjectMap, TypeRow, WhyAlive } from '../analysis/objects/object-map.js';
import { formatAddress, formatBytes, formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { textTable } from './text-table.js';

const STATES: Readonly<Record<WhyAlive['state'], string>> = {
  held: '',
  inside: 'held only by pointers into the inside of blocks: ',
  garbage: 'nothing holds it: the next collection frees it',
  leaked: 'nothing holds it: it has leaked',
};

/** One block, and why it is alive: two lines. */
export function whyLines(why: WhyAlive): string[] {
  const retained =
    why.retainedCount > 1
      ? `, keeps ${formatBytes(why.retainedBytes)} in ${formatCount(why.retainedCount)} blocks alive`
      : '';
  return [
    `${formatAddress(why.address)}  ${sanitize(why.type)}, ${formatBytes(why.sizeBytes)}${retained}`,
    `    ${STATES[why.state]}${sanitize(why.path)}`,
  ];
}

/** A heap's objects as a whole: what there is, what nothing holds, and what keeps the most. */
export function objectsText(map: ObjectMap, options: { readonly top?: number } = {}): string {
  const top = options.top ?? 10;
  const types = map.types();
  const unheld = types.reduce((sum, { unheldBytes }) => sum + unheldBytes, 0);
  const unheldCount = types.reduce((sum, { unheldCount: count }) => sum + count, 0);
  const bytes = types.reduce((sum, row) => sum + row.bytes, 0);
  const isCollected = map.graph.heap === 'objects';
  const what = isCollected ? 'garbage until the next collection' : 'leaked: nothing holds it';
  const lines = [
    `Heap: ${formatBytes(bytes)} in ${formatCount(map.graph.count)} blocks; ${formatBytes(unheld)} in ${formatCount(unheldCount)} of them ${what}`,
    '',
    ...(types.length > 1 ? [...typeLines(types, top), ''] : []),
    'What keeps the most alive',
    ...map.largest(top).flatMap(whyLines),
    ...unsureLines(map),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** What there is of each type, the most bytes first. */
export function typeLines(types: readonly TypeRow[], top: number): string[] {
  const rows = types
    .slice(0, top)
    .map(({ type, count, bytes, unheldBytes }) => [
      formatBytes(bytes),
      formatCount(count),
      unheldBytes === 0 ? '' : formatBytes(unheldBytes),
      sanitize(type),
    ]);
  const more = types.length > top ? [`and ${formatCount(types.length - top)} more types`] : [];
  return [...textTable([['size', 'blocks', 'unheld', 'type'], ...rows], [0, 1, 2]), ...more];
}

/** At most so many marks stand side by side: the last ones. */
const MARK_COLUMNS = 6;

/** How much there was of each type at the last marks and at the end, side by side; what changed the most first. Ends with an empty line. */
export function typesAtMarksLines(
  { types, typesAtMarks = [] }: Pick<HeapStats, 'types' | 'typesAtMarks'>,
  top: number,
): string[] {
  if (typesAtMarks.length === 0) return [];
  const columns = [
    ...typesAtMarks.slice(-MARK_COLUMNS).map(({ mark, types: rows }) => ({ title: mark, rows })),
    ...(types === undefined ? [] : [{ title: '(end)', rows: types }]),
  ].map(({ title, rows }) => ({ title, bytes: new Map(rows.map(({ type, bytes }) => [type, bytes])) }));
  const growth = (type: string) => (columns.at(-1)?.bytes.get(type) ?? 0) - (columns[0]?.bytes.get(type) ?? 0);
  const names = [...new Set(columns.flatMap(({ bytes }) => [...bytes.keys()]))];
  names.sort((a, b) => Math.abs(growth(b)) - Math.abs(growth(a)) || (a < b ? -1 : 1));
  const rows = names
    .slice(0, top)
    .map((type) => [...columns.map(({ bytes }) => formatBytes(bytes.get(type) ?? 0)), sanitize(type)]);
  const more = names.length > top ? [`and ${formatCount(names.length - top)} more types`] : [];
  const head = [...columns.map(({ title }) => sanitize(title)), 'type'];
  return ['Types at marks', ...textTable([head, ...rows], [...columns.keys()]), ...more, ''];
}

/** What about a graph may be wrong. */
export function unsureLines({ graph }: ObjectMap): string[] {
  return graph.unsure === undefined ? [] : ['', `Not sure: ${sanitize(graph.unsure)}`];
}
