import { formatBytes, formatCount } from '../../lib/public/browser.js';
import type { Coloring } from '../model/coloring.js';
import { heldBy } from '../model/held.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type ClassLook, mix, PATTERNS, rgbOf } from '../paint/palette.js';
import { themeColor } from '../paint/use-canvas.js';
import { app } from '../state/app-state.js';
import { shown } from './text.js';

const MARGIN = 16;
const LINE = 22;
const LEGEND = 300;
/** The words of the upper part that belong to a picture of it: axes, units, figures. */
const TEXTS = '.region-head > *, .gutter span, .axis-scale span, .axis-ticks span, .curve-key > span';

/** The upper part as it is shown, with its axes, a line that says what it is, and the legend beside it. */
export function pictureOf(loaded: LoadedTrace, coloring: Coloring): HTMLCanvasElement {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const stage = document.querySelector('.stage');
  const axis = document.querySelector('.time-axis');
  const picture = document.createElement('canvas');
  const context = picture.getContext('2d');
  if (!stage || !axis || !context) return picture;
  const home = stage.getBoundingClientRect();
  const height = Math.max(axis.getBoundingClientRect().bottom - home.top, (coloring.classes.length + 2) * LINE);
  picture.width = (home.width + LEGEND + 2 * MARGIN) * ratio;
  picture.height = (height + LINE + 2 * MARGIN) * ratio;
  context.scale(ratio, ratio);
  context.fillStyle = themeColor('--ground');
  context.fillRect(0, 0, picture.width, picture.height);
  context.translate(MARGIN, MARGIN);
  words(context, titleOf(loaded), { x: 0, y: LINE / 2, color: themeColor('--text'), font: font(14, 600) });
  context.translate(0, LINE);
  drawStage(context, stage, home);
  context.translate(home.width + MARGIN, 0);
  drawLegend(context, loaded, coloring);
  return picture;
}

function drawStage(context: CanvasRenderingContext2D, stage: Element, home: DOMRect): void {
  for (const canvas of stage.querySelectorAll('canvas')) {
    const at = canvas.getBoundingClientRect();
    context.imageSmoothingEnabled = getComputedStyle(canvas).imageRendering !== 'pixelated';
    context.drawImage(canvas, at.left - home.left, at.top - home.top, at.width, at.height);
  }
  for (const element of stage.querySelectorAll<HTMLElement>(TEXTS)) {
    const at = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (at.width === 0 || element.matches('.spring, button, label')) continue;
    const x = at.left - home.left + Number.parseFloat(style.paddingLeft);
    const about = { x, y: at.top - home.top + at.height / 2, color: style.color, font: style.font };
    words(context, element.textContent ?? '', about);
    for (const line of element.querySelectorAll<HTMLElement>('.line')) drawLine(context, line, home);
  }
}

/** The line before a word that says what a curve is. */
function drawLine(context: CanvasRenderingContext2D, line: HTMLElement, home: DOMRect): void {
  const at = line.getBoundingClientRect();
  context.fillStyle = getComputedStyle(line).borderTopColor;
  context.fillRect(at.left - home.left, at.top - home.top, at.width, 2);
}

function drawLegend(context: CanvasRenderingContext2D, loaded: LoadedTrace, coloring: Coloring): void {
  const { atSeq } = app.get();
  const { classes, ofSpan, mode } = coloring;
  const held = heldBy(loaded, { classOf: ofSpan, count: classes.length, atSeq });
  const quiet = { color: themeColor('--quiet'), font: font(11, 400) };
  words(context, `held now, by ${mode}`, { x: 0, y: LINE / 2, ...quiet });
  words(context, 'bytes', { x: LEGEND - 90, y: LINE / 2, ...quiet, align: 'right' });
  words(context, 'blocks', { x: LEGEND - 30, y: LINE / 2, ...quiet, align: 'right' });
  const order = [...classes.keys()].slice(1);
  if ((held.count[0] ?? 0) > 0) order.push(0);
  order.forEach((index, row) => {
    const own = classes[index];
    if (!own) return;
    const y = (row + 1.5) * LINE;
    drawSwatch(context, own, y - 6);
    const plain = { y, color: themeColor('--text'), font: font(12, 400) };
    words(context, shown(own.name), { x: 18, ...plain, width: LEGEND - 170 });
    words(context, formatBytes(held.bytes[index] ?? 0), { x: LEGEND - 90, ...plain, align: 'right' });
    words(context, formatCount(held.count[index] ?? 0), { x: LEGEND - 30, ...plain, align: 'right' });
  });
}

function drawSwatch(context: CanvasRenderingContext2D, { hex, pattern }: ClassLook, y: number): void {
  const [r, g, b] = mix(rgbOf(hex), [20, 27, 36], 0.45);
  for (let x = 0; x < 12; x++) {
    context.fillStyle = ((PATTERNS[pattern] ?? 0) >> x) & 1 ? `rgb(${r}, ${g}, ${b})` : hex;
    context.fillRect(x, y, 1, 12);
  }
}

interface Words {
  readonly x: number;
  readonly y: number;
  readonly color: string;
  readonly font: string;
  readonly align?: CanvasTextAlign;
  /** What is longer is cut at its end. */
  readonly width?: number;
}

function words(context: CanvasRenderingContext2D, text: string, it: Words): void {
  context.fillStyle = it.color;
  context.font = it.font;
  context.textBaseline = 'middle';
  context.textAlign = it.align ?? 'left';
  let cut = text;
  while (it.width && cut.length > 1 && context.measureText(cut).width > it.width) cut = `${cut.slice(0, -2)}…`;
  context.fillText(cut, it.x, it.y);
}

function font(size: number, weight: number): string {
  return `${weight} ${size}px ui-sans-serif, system-ui, sans-serif`;
}

function titleOf(loaded: LoadedTrace): string {
  const { atSeq } = app.get();
  const live = formatBytes(loaded.usage.liveBytes[atSeq] ?? 0);
  const largest = loaded.gaps?.largestFreeBytes[atSeq];
  const free = largest === undefined ? '' : `, largest free block ${formatBytes(largest)}`;
  return `${shown(loaded.name)}: after event ${formatCount(atSeq)}, ${live} in use${free}`;
}
