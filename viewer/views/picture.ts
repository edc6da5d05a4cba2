import { formatBytes, formatCount } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { themeColor } from '../paint/use-canvas.js';
import { app } from '../state/app-state.js';
import { shown } from './text.js';

const MARGIN = 16;
const LINE = 22;

/** The canvases of the upper part below each other, with a line that says what they show. */
export function pictureOf(loaded: LoadedTrace): HTMLCanvasElement {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const boxes = [...document.querySelectorAll<HTMLElement>('.stage .canvas-box, .stage .curve')];
  const width = Math.max(320, ...boxes.map((box) => box.clientWidth)) * ratio;
  const height = boxes.reduce((sum, box) => sum + (box.clientHeight + MARGIN) * ratio, 0);
  const picture = document.createElement('canvas');
  picture.width = width + 2 * MARGIN * ratio;
  picture.height = height + (LINE + 2 * MARGIN) * ratio;
  const context = picture.getContext('2d');
  if (!context) return picture;
  context.fillStyle = themeColor('--ground');
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = themeColor('--text');
  context.font = `${13 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  context.fillText(titleOf(loaded), MARGIN * ratio, (MARGIN + LINE / 2) * ratio, width);
  let top = (MARGIN + LINE) * ratio;
  for (const box of boxes) {
    const home = box.getBoundingClientRect();
    for (const canvas of box.querySelectorAll('canvas')) {
      const at = canvas.getBoundingClientRect();
      const x = (MARGIN + at.left - home.left) * ratio;
      context.drawImage(canvas, x, top + (at.top - home.top) * ratio, at.width * ratio, at.height * ratio);
    }
    top += (box.clientHeight + MARGIN) * ratio;
  }
  return picture;
}

function titleOf(loaded: LoadedTrace): string {
  const { atSeq } = app.get();
  const live = formatBytes(loaded.usage.liveBytes[atSeq] ?? 0);
  const largest = loaded.gaps?.largestFreeBytes[atSeq];
  const free = largest === undefined ? '' : `, largest free block ${formatBytes(largest)}`;
  return `${shown(loaded.name)}: after event ${formatCount(atSeq)}, ${live} in use${free}`;
}
