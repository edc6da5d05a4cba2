import { formatAddress, formatBytes } from '../base/units.js';
import { BlockKind, type GcHeapLayout, type GcObject } from '../interpreters/micropython/gc-dump.js';
import { sanitize } from './sanitize.js';
import { textTable } from './text-table.js';

const PER_LINE = 64;

/** The letters that MicroPython's own table dump uses for objects whose type it can tell. */
const LETTERS: readonly (readonly [RegExp, string])[] = [
  [/tuple$/, 'T'],
  [/list$/, 'L'],
  [/dict$/, 'D'],
  [/(str|bytes)$/, 'S'],
  [/(bytearray|array|memoryview)$/, 'A'],
  [/float$/, 'F'],
  [/(fun_bc|fun_native|fun_viper|gen_wrap|closure)$/, 'B'],
  [/module$/, 'M'],
  [/type$/, 'C'],
];

/** One character a block: `.` free, `h` head, `=` tail, `m` marked head, `?` unknown, and a letter for a head of a known type. */
export function gcMapCharacters(layout: GcHeapLayout): string {
  const characters = Array.from(layout.kinds, (kind) => '.h=m?'[kind] ?? '?');
  for (const object of layout.objects) {
    if (object.typeName !== '' && !object.marked) characters[object.startBlock] = letterOf(object.typeName);
  }
  return characters.join('');
}

function letterOf(typeName: string): string {
  const name = shortType(typeName);
  return LETTERS.find(([pattern]) => pattern.test(name))?.[1] ?? 'O';
}

/** `mp_type_dict` as `dict`. */
function shortType(typeName: string): string {
  return typeName.replace(/^(?:mp_|py_)?type_/, '').replace(/_type(?:_obj)?$/, '');
}

/** The heap as a map of 64 blocks a line, lines without any used block drawn together, and the totals below. */
export function gcLayoutText(layout: GcHeapLayout, title = 'heap'): string {
  const { geometry } = layout;
  const map = gcMapCharacters(layout);
  const lines: string[] = [
    `${sanitize(title)}: ${geometry.blockCount} blocks of ${geometry.blockBytes} bytes at ${formatAddress(geometry.poolAddress)}`,
  ];
  let freeLines = 0;
  const closeFree = () => {
    if (freeLines > 0) lines.push(`          (${freeLines} ${freeLines === 1 ? 'line' : 'lines'} all free)`);
    freeLines = 0;
  };
  for (let block = 0; block < map.length; block += PER_LINE) {
    const row = map.slice(block, block + PER_LINE);
    if (row.length === PER_LINE && /^\.+$/.test(row)) {
      freeLines++;
      continue;
    }
    closeFree();
    lines.push(`${formatAddress(geometry.poolAddress + block * geometry.blockBytes)} ${row}`);
  }
  closeFree();
  return [...lines, ...totals(layout)].join('\n');
}

function totals(layout: GcHeapLayout): string[] {
  const { blockBytes, poolAddress } = layout.geometry;
  const bytes = (blocks: number) => formatBytes(blocks * blockBytes);
  const longest =
    layout.longestFreeStart < 0
      ? 'none'
      : `${layout.longestFreeBlocks} blocks (${bytes(layout.longestFreeBlocks)}) at ${formatAddress(poolAddress + layout.longestFreeStart * blockBytes)}`;
  const lines = [
    `${layout.headCount} heads, ${layout.usedBlocks} used blocks (${bytes(layout.usedBlocks)})`,
    `${layout.freeBlocks} free blocks (${bytes(layout.freeBlocks)}), longest free run ${longest}`,
  ];
  if (layout.unknownBlocks > 0) {
    lines.push(
      `warning: ${layout.unknownBlocks} blocks are unknown: lines of the map are missing, and the figures leave them out`,
    );
  }
  if (layout.orphanTails > 0)
    lines.push(`warning: ${layout.orphanTails} tail blocks have no head: wrong geometry or a damaged table`);
  const types = typeTotals(layout.objects).slice(0, 12);
  for (const { name, count, blocks } of types)
    lines.push(`  ${String(count).padStart(5)} x ${sanitize(name)}, ${blocks} blocks`);
  if (layout.kinds.includes(BlockKind.marked)) lines.push('marked heads (m): the dump was taken during a collection');
  return lines;
}

/** How many objects and blocks each known type has, most blocks first. Empty when no type is known. */
export function typeTotals(
  objects: readonly GcObject[],
): { readonly name: string; readonly count: number; readonly blocks: number }[] {
  const totals = new Map<string, { count: number; blocks: number }>();
  for (const { typeName, blocks } of objects) {
    if (typeName === '') continue;
    const name = shortType(typeName);
    const entry = totals.get(name) ?? { count: 0, blocks: 0 };
    entry.count++;
    entry.blocks += blocks;
    totals.set(name, entry);
  }
  return [...totals]
    .map(([name, total]) => ({ name, ...total }))
    .sort((a, b) => b.blocks - a.blocks || (a.name < b.name ? -1 : 1));
}

/** A dump of a sequence: all areas of a heap at one moment. */
export interface GcMoment {
  readonly name: string;
  readonly layouts: readonly GcHeapLayout[];
}

/** How the heap changed from dump to dump: used, free, the longest free run and how fragmented that is. Empty for fewer than two. */
export function gcSequenceText(moments: readonly GcMoment[]): string {
  if (moments.length < 2) return '';
  const rows = moments.map(({ name, layouts }) => {
    const sum = (bytesOf: (layout: GcHeapLayout) => number) =>
      layouts.reduce((total, layout) => total + bytesOf(layout), 0);
    const used = sum((layout) => layout.usedBlocks * layout.geometry.blockBytes);
    const free = sum((layout) => layout.freeBlocks * layout.geometry.blockBytes);
    const longest = Math.max(0, ...layouts.map((layout) => layout.longestFreeBlocks * layout.geometry.blockBytes));
    const fragmented = free === 0 ? 0 : Math.round((1 - longest / free) * 100);
    const unknown = sum((layout) => layout.unknownBlocks) > 0 ? ['lines are missing'] : [];
    return [sanitize(name), formatBytes(used), formatBytes(free), formatBytes(longest), `${fragmented} %`, ...unknown];
  });
  return textTable([['dump', 'used', 'free', 'longest free run', 'fragmented'], ...rows], [1, 2, 3, 4]).join('\n');
}
