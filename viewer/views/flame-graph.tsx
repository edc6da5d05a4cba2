import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type CallNode, frameName } from '../../lib/public/browser.js';
import { amountOf, type Measure } from '../model/call-rows.js';
import { type FlameBox, flameLayout, neighbour, pathTo } from '../paint/flame-layout.js';
import { functionColor, paintFlame } from '../paint/flame-painter.js';
import { fitCanvas, type Size, themeColor, useSize } from '../paint/use-canvas.js';
import { useApp } from '../state/app-state.js';
import { amountText } from './call-tools.js';
import { IMAGE, STATUS } from './roles.js';
import { percent, shown } from './text.js';

const ROW_PIXELS = 20;

/** On a large screen rows and their text grow with all other text. */
function rowPixels(): number {
  return Math.round(ROW_PIXELS * (Number(themeColor('--zoom')) || 1));
}

export interface FlameGraphProps {
  /** From the root of the tree to the node that is as wide as the graph. */
  readonly path: readonly CallNode[];
  readonly measure: Measure;
  /** Highlights functions by text. */
  readonly search: string;
  readonly total: number;
  readonly label: string;
  /** The root at the bottom, what follows above it. */
  readonly upwards?: boolean;
  readonly colorOf?: (box: FlameBox) => string;
  /** A further line about a node. */
  readonly about?: (node: CallNode) => string;
  /** A click on a node; the way to it from the root on. */
  readonly onPick: (path: readonly CallNode[]) => void;
  /** A double click, or Enter. */
  readonly onGo: (path: readonly CallNode[]) => void;
  readonly onBack: () => void;
}

/** A call tree as boxes: as wide as what was allocated there, callers and what they call in neighbouring rows. */
export function FlameGraph(props: FlameGraphProps) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const size = useSize(box);
  return (
    <div class="flame-box" ref={setBox}>
      {size && <FlameCanvas {...props} size={size} />}
    </div>
  );
}

interface Hover {
  readonly box: FlameBox;
  readonly x: number;
  readonly y: number;
}

function FlameCanvas(props: FlameGraphProps & { readonly size: Size }) {
  const { path, measure, search, size, upwards = false, colorOf = functionColor } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useApp((state) => state.theme);
  const [hover, setHover] = useState<Hover>();
  const boxes = useMemo(() => flameLayout(path, measure, 0.4 / size.width), [path, measure, size.width]);
  const active = hover && boxes.includes(hover.box) ? hover.box : undefined;
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0);
  const rowHeight = rowPixels();
  const height = Math.min(32_000 / size.ratio, (depth + 1) * rowHeight);
  // Rows and depths are the same both ways.
  const rowOf = (it: number) => (upwards ? depth - it : it);
  useLayoutEffect(() => {
    if (!canvas.current) return;
    fitCanvas(canvas.current, size.width * size.ratio, height * size.ratio);
    const style = { ratio: size.ratio, rowHeight, ground: themeColor('--panel'), rowOf, colorOf };
    paintFlame(canvas.current, boxes, { ...style, search: search.trim().toLowerCase() });
  }, [boxes, size, height, rowHeight, search, theme, upwards, colorOf]);
  const at = (event: MouseEvent): FlameBox | undefined => {
    const level = rowOf(Math.floor(event.offsetY / rowHeight));
    const share = event.offsetX / size.width;
    return boxes.find((box) => box.depth === level && share >= box.from && share < box.to);
  };
  const show = (box: FlameBox) =>
    setHover({ box, x: ((box.from + box.to) / 2) * size.width, y: rowOf(box.depth) * rowHeight });
  const onKeyDown = (event: KeyboardEvent) => {
    const from = active ?? boxes[path.length - 1];
    if (!from) return;
    const next = neighbour(boxes, from, turned(event.key, upwards));
    if (next) show(next);
    else if (event.key === 'Enter') props.onGo(pathTo(from));
    else if (event.key === ' ') props.onPick(pathTo(from));
    else if (event.key === 'Backspace') props.onBack();
    else if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const act = (event: MouseEvent, todo: (path: readonly CallNode[]) => void) => {
    const box = at(event);
    if (box) todo(pathTo(box));
  };
  return (
    <>
      <canvas
        ref={canvas}
        tabIndex={0}
        style={{ width: `${size.width}px`, height: `${height}px` }}
        {...IMAGE}
        aria-label={`${props.label}: arrow keys move between functions, space shows what they allocated, Enter zooms, Backspace zooms out. The call tree tab holds the same figures as text`}
        onKeyDown={onKeyDown}
        onMouseMove={(event) => {
          const box = at(event);
          setHover(box && { box, x: event.offsetX, y: event.offsetY });
        }}
        onMouseLeave={() => setHover(undefined)}
        onClick={(event) => event.detail < 2 && act(event, props.onPick)}
        onDblClick={(event) => act(event, props.onGo)}
      />
      {active && <FlameOutline box={active} row={rowOf(active.depth)} {...{ rowHeight }} width={size.width} />}
      {active && hover && <FlameTip {...props} hover={hover} width={size.width} />}
    </>
  );
}

/** In a graph that grows upwards the arrows up and down change places. */
function turned(key: string, upwards: boolean): string {
  if (!upwards) return key;
  return { ArrowUp: 'ArrowDown', ArrowDown: 'ArrowUp' }[key] ?? key;
}

interface OutlineProps {
  readonly box: FlameBox;
  readonly row: number;
  readonly rowHeight: number;
  readonly width: number;
}

/** Over the canvas, which has thousands of boxes: to draw them all again takes longer than a pointer stays on one. */
function FlameOutline({ box, row, rowHeight, width }: OutlineProps) {
  const { from, to } = box;
  const place = { left: `${from * width}px`, top: `${row * rowHeight}px` };
  const shape = { width: `${Math.max(1, (to - from) * width - 1)}px`, height: `${rowHeight - 1}px` };
  return <div class="flame-outline" style={{ ...place, ...shape }} />;
}

function FlameTip(props: FlameGraphProps & { readonly hover: Hover; readonly width: number }) {
  const { hover, measure, total, width, about } = props;
  const { node } = hover.box;
  const side = hover.x > width / 2 ? { right: `${width - hover.x}px` } : { left: `${hover.x}px` };
  return (
    <div class="tip" {...STATUS} style={{ top: `${hover.y + 22}px`, ...side }}>
      <b>{node.functionName === '' ? 'everything' : shown(frameName(node))}</b>
      <span class="mono">{shown(node.location)}</span>
      <span>
        {about
          ? about(node)
          : `${amountText(amountOf(node, measure), measure)}, ${percent(amountOf(node, measure) / Math.max(1, total))}`}
      </span>
    </div>
  );
}
