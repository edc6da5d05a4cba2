import { frameName } from '../../lib/public/browser.js';
import { shown } from '../views/text.js';
import type { FlameBox } from './flame-layout.js';
import { hueOf } from './hues.js';
import { mix, OTHERS, rgbOf, SOURCE_COLORS } from './palette.js';

export interface FlameStyle {
  readonly ratio: number;
  readonly rowHeight: number;
  readonly ground: string;
  /** In lower case; empty highlights all. */
  readonly search: string;
  /** The row of a depth. */
  readonly rowOf: (depth: number) => number;
  readonly colorOf: (box: FlameBox) => string;
}

/** Of a row's height: 11.5 pixels of 20. */
const TEXT_SHARE = 0.575;
/** Dark text on the light colours of the palette: at least 4.5:1. */
const TEXT = '#10151c';
const FOUND = '#ffd54a';

/** A function has the colour that its blocks have in the map. */
export function functionColor({ node }: FlameBox): string {
  return SOURCE_COLORS[hueOf(node)] ?? OTHERS.hex;
}

/** What grew is orange, what shrank is blue: all eyes can tell these. */
const GREW = '#f28a30';
const SHRANK = '#4da3ff';
const SAME = '#c3ccd6';

/** By a share from -1 (gone) to 1 (new). */
export function changeColor(change: number): string {
  if (change === 0) return SAME;
  // Even a small change must be seen.
  const share = 0.25 + 0.75 * Math.min(1, Math.abs(change));
  const [r, g, b] = mix(rgbOf(SAME), rgbOf(change > 0 ? GREW : SHRANK), share);
  return `rgb(${r}, ${g}, ${b})`;
}

/** Draws the boxes. */
export function paintFlame(canvas: HTMLCanvasElement, boxes: readonly FlameBox[], style: FlameStyle): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { ratio } = style;
  context.fillStyle = style.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `${TEXT_SHARE * style.rowHeight * ratio}px ui-sans-serif, system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const height = style.rowHeight * ratio;
  for (const box of boxes) {
    const { node, depth, from, to } = box;
    const x = from * canvas.width;
    const width = (to - from) * canvas.width;
    const y = style.rowOf(depth) * height;
    if (y > canvas.height) continue;
    const found = style.search !== '' && `${node.functionName} ${node.location}`.toLowerCase().includes(style.search);
    context.globalAlpha = style.search === '' || found ? 1 : 0.35;
    context.fillStyle = found ? FOUND : style.colorOf(box);
    context.fillRect(x, y, Math.max(ratio * 0.5, width - ratio), height - ratio);
    if (width < 30 * ratio) continue;
    const name = node.functionName === '' && depth === 0 ? 'everything' : shown(frameName(node));
    context.fillStyle = TEXT;
    context.fillText(fitted(context, name, width - 8 * ratio), x + 4 * ratio, y + height / 2);
  }
  context.globalAlpha = 1;
}

/** Cut at the end so that it fits; measured by halves, because names can be hundreds of characters long. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low < 2 ? '' : `${text.slice(0, low)}…`;
}
