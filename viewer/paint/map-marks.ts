import type { HeapRegion, Room } from '../../lib/public/browser.js';
import { blockOf } from '../model/block.js';
import { eventSpans } from '../model/event-spans.js';
import type { RegionState } from '../model/live-blocks.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type MapLayout, type Rect, rangeRects } from './map-layout.js';
import { GAP_MARK_COLOR, ROOM_COLOR, SELECT_COLOR } from './palette.js';

interface Marks {
  readonly loaded: LoadedTrace;
  readonly region: HeapRegion;
  readonly layout: MapLayout;
  readonly state: RegionState;
  readonly atSeq: number;
  readonly span: number;
  /** Whether the largest gap is selected. */
  readonly gapSelected: boolean;
  readonly room: Room | undefined;
  readonly ratio: number;
}

/** Marks on top of the map: the largest gap hatched, room that was asked for and what stands there, the block of the event and the selected block outlined. */
export function paintMarks(context: CanvasRenderingContext2D, marks: Marks): void {
  const { layout, state, loaded, ratio } = marks;
  if (state.largestAddress >= 0) {
    const rects = rangeRects(layout, state.largestAddress, state.largestFreeBytes);
    hatch(context, rects, ratio);
    if (marks.gapSelected) outline(context, rects, { color: SELECT_COLOR, dash: [], ratio });
  }
  if (marks.room) paintRoom(context, marks, marks.room);
  const { spans } = loaded;
  const of = eventSpans(spans);
  const closed = of.closedBy(marks.atSeq);
  if (closed >= 0) outline(context, rectsOf(marks, closed), { color: '#ffffff', dash: [3 * ratio, 2 * ratio], ratio });
  const opened = of.openedBy(marks.atSeq);
  if (opened >= 0) outline(context, rectsOf(marks, opened), { color: '#ffffff', dash: [], ratio });
  if (marks.span >= 0 && marks.span !== opened && marks.span !== closed) {
    outline(context, rectsOf(marks, marks.span), { color: SELECT_COLOR, dash: [], ratio });
  }
}

function paintRoom(context: CanvasRenderingContext2D, { layout, ratio, region }: Marks, room: Room): void {
  if (room.regionName !== region.name || room.blocks.length === 0) return;
  const dash = [6 * ratio, 4 * ratio];
  outline(context, rangeRects(layout, room.address, room.pieceBytes), { color: ROOM_COLOR, dash, ratio });
  for (const { address, sizeBytes } of room.blocks) {
    outline(context, rangeRects(layout, address, sizeBytes), { color: ROOM_COLOR, dash: [], ratio });
  }
}

function rectsOf({ loaded, layout }: Marks, span: number): Rect[] {
  const { address, sizeBytes } = blockOf(loaded, span);
  return rangeRects(layout, address, sizeBytes);
}

function hatch(context: CanvasRenderingContext2D, rects: readonly Rect[], ratio: number): void {
  context.save();
  context.beginPath();
  for (const rect of rects) context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  context.strokeStyle = GAP_MARK_COLOR;
  context.globalAlpha = 0.34;
  context.lineWidth = ratio;
  const { width, height } = context.canvas;
  const first = rects[0];
  const last = rects.at(-1);
  const top = first?.y ?? 0;
  const bottom = last ? last.y + last.height : 0;
  const step = 8 * ratio;
  context.beginPath();
  for (let x = -(bottom - top) - (top % step); x < width; x += step) {
    context.moveTo(x, bottom);
    context.lineTo(x + (bottom - top), top);
  }
  context.stroke();
  context.globalAlpha = 1;
  context.fillStyle = GAP_MARK_COLOR;
  // Its begin and its end as bars, which stay visible when it is only a few pixels wide.
  if (first) context.fillRect(first.x, first.y, Math.min(first.width, 2 * ratio), first.height);
  if (last) context.fillRect(last.x + last.width - 2 * ratio, last.y, 2 * ratio, Math.min(last.height, height));
  context.restore();
}

function outline(
  context: CanvasRenderingContext2D,
  rects: readonly Rect[],
  style: { readonly color: string; readonly dash: readonly number[]; readonly ratio: number },
): void {
  const { ratio } = style;
  context.save();
  for (const [color, width] of [
    ['#000000', 4 * ratio],
    [style.color, 2 * ratio],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(color === style.color ? [...style.dash] : []);
    context.beginPath();
    contour(context, rects, 3 * ratio);
    context.stroke();
  }
  context.restore();
}

/** The edge of what the pieces make together: a frame for each row would hide a block of many thin rows. */
function contour(context: CanvasRenderingContext2D, rects: readonly Rect[], least: number): void {
  const first = rects[0];
  const last = rects.at(-1);
  if (!first || !last) return;
  const overlap = rects.length > 2 || (rects.length === 2 && last.x + last.width > first.x);
  if (overlap) {
    const [left, right] = [0, context.canvas.width];
    const [top, bottom] = [first.y, last.y + last.height];
    context.moveTo(first.x, top);
    context.lineTo(right, top);
    context.lineTo(right, last.y);
    context.lineTo(last.x + last.width, last.y);
    context.lineTo(last.x + last.width, bottom);
    context.lineTo(left, bottom);
    context.lineTo(left, top + first.height);
    context.lineTo(first.x, top + first.height);
    context.closePath();
    return;
  }
  for (const { x, y, width, height } of rects) {
    // Small blocks get a frame around them, or it would hide them.
    const grow = Math.max(0, least - Math.min(width, height) / 2);
    context.rect(x - grow, y - grow, width + 2 * grow, height + 2 * grow);
  }
}
