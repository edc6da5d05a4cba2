import { formatAddress, formatBytes, formatCount, heapMap } from '../../lib/public/browser.js';
import { mapLayout, rangeRects } from '../paint/map-layout.js';
import { FREE_COLOR, GAP_MARK_COLOR, OTHERS } from '../paint/palette.js';
import { blockOf } from './block.js';
import type { LoadedTrace } from './loaded-trace.js';
import { sourceAt, sourceLabel } from './sources.js';

const WIDTH = 1200;
const HEIGHT = 480;
const GAP = 44;
/** Blocks beyond this are left out, with a note: no program opens a drawing of a million shapes. */
const MAX_BLOCKS = 20_000;

/** The heap map after an event as a drawing: one shape for each piece of a live block, its source as its title. */
export function mapSvg(loaded: LoadedTrace, atSeq: number): string {
  const map = heapMap(loaded.trace, atSeq);
  const parts: string[] = [];
  let top = GAP;
  let drawn = 0;
  for (const { region, blocks, gaps, largestFreeBytes } of map.regions.slice(0, 8)) {
    const window = { from: region.baseAddress, to: region.baseAddress + region.sizeBytes };
    const layout = mapLayout(window, { width: WIDTH, height: HEIGHT, ratio: 1 }, region);
    const height = layout.rows * layout.rowHeight;
    const title = `${region.name}  ${formatAddress(window.from)} to ${formatAddress(window.to)}, largest free block ${formatBytes(largestFreeBytes)}`;
    parts.push(`<text x="0" y="${top - 8}">${escapeXml(title)}</text>`);
    parts.push(`<g transform="translate(0 ${top})"><rect width="${WIDTH}" height="${height}" fill="${FREE_COLOR}"/>`);
    for (const span of blocks) {
      if (drawn++ >= MAX_BLOCKS) break;
      parts.push(blockShape(loaded, span, layout));
    }
    const largest = gaps.find((gap) => gap.sizeBytes === largestFreeBytes);
    if (largest) {
      for (const rect of rangeRects(layout, largest.address, largest.sizeBytes)) {
        parts.push(`<rect ${boxOf(rect)} fill="${GAP_MARK_COLOR}" fill-opacity="0.25"/>`);
      }
    }
    parts.push('</g>');
    top += height + GAP;
  }
  const left = drawn > MAX_BLOCKS ? `, ${formatCount(drawn - MAX_BLOCKS)} blocks left out` : '';
  const head = `${loaded.name}: after event ${formatCount(map.atSeq)}, ${formatBytes(map.freeBytes)} free${left}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -16 ${WIDTH + 32} ${top + 16}" font-family="sans-serif" font-size="14" fill="#222">`,
    `<rect x="-16" y="-16" width="${WIDTH + 32}" height="${top + 32}" fill="#fff"/><text x="0" y="8">${escapeXml(head)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function blockShape(loaded: LoadedTrace, span: number, layout: Parameters<typeof rangeRects>[0]): string {
  const source = sourceAt(loaded, span);
  const { address, sizeBytes } = blockOf(loaded, span);
  const title = `${formatAddress(address)} ${formatCount(sizeBytes)} B ${source ? sourceLabel(source) : ''}`;
  const color = (source?.look ?? OTHERS).hex;
  const shapes = rangeRects(layout, address, sizeBytes).map((rect) => `<rect ${boxOf(rect)}/>`);
  return `<g fill="${color}" stroke="${FREE_COLOR}" stroke-width="0.5"><title>${escapeXml(title)}</title>${shapes.join('')}</g>`;
}

function boxOf(rect: { x: number; y: number; width: number; height: number }): string {
  const at = (value: number) => Number(value.toFixed(2));
  return `x="${at(rect.x)}" y="${at(rect.y)}" width="${at(rect.width)}" height="${at(rect.height)}"`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for XML: markup as text, and none of the characters that XML forbids. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}
