import { BlockKind, type GcHeapLayout } from '../interpreters/micropython/gc-dump.js';

const COLOURS: Readonly<Record<number, string>> = {
  [BlockKind.head]: '#1f6fb2',
  [BlockKind.tail]: '#8fbbe0',
  [BlockKind.marked]: '#c2571a',
  [BlockKind.unknown]: '#9a9a9a',
};
const CELL = 8;

/** One dump as an SVG picture: a cell a block, `columns` cells a row, free blocks left white. */
export function gcLayoutSvg(layout: GcHeapLayout, columns = 64): string {
  const rows = Math.max(1, Math.ceil(layout.kinds.length / columns));
  const parts: string[] = [];
  for (let block = 0; block < layout.kinds.length; ) {
    const kind = layout.kinds[block] ?? 0;
    const rowEnd = block - (block % columns) + columns;
    let end = block + 1;
    // Heads stay cells of their own, so that each allocation can be seen.
    while (kind === BlockKind.tail && end < rowEnd && layout.kinds[end] === kind) end++;
    const colour = COLOURS[kind];
    if (colour) {
      const x = (block % columns) * CELL;
      const y = Math.floor(block / columns) * CELL;
      parts.push(`<rect x="${x}" y="${y}" width="${(end - block) * CELL - 1}" height="${CELL - 1}" fill="${colour}"/>`);
    }
    block = end;
  }
  const width = columns * CELL;
  const height = rows * CELL;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${layout.headCount} allocations, ${layout.usedBlocks} of ${layout.kinds.length} blocks used</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}
