import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CallNode, CallTree } from '../../lib/public/browser.js';
import { amountOf, type Measure } from '../model/call-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type FlameBox, flameLayout, neighbour, pathTo } from '../paint/flame-layout.js';
import { paintFlame } from '../paint/flame-painter.js';
import { fitCanvas, type Size, themeColor, useSize } from '../paint/use-canvas.js';
import { useApp } from '../state/app-state.js';
import { amountText, CallTools, useCallTree, useMeasure } from './call-tools.js';
import { IMAGE, STATUS } from './roles.js';
import { percent, shown } from './text.js';
import { Waiting } from './waiting.js';

export const FLAME_ROW = 20;

/** The call tree as a flame graph: callers above, what they call below; inverted: sources above, their callers below. */
export function FlamePanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const tree = useCallTree(loaded);
  return tree ? <Flame tree={tree} /> : <Waiting />;
}

function Flame({ tree }: { readonly tree: CallTree }) {
  const measure = useMeasure();
  const [search, setSearch] = useState('');
  const [zoomed, setZoomed] = useState<readonly CallNode[]>([]);
  // What was zoomed into belongs to its tree.
  const path = useMemo(() => (zoomed[0] === tree.root ? zoomed : [tree.root]), [zoomed, tree]);
  return (
    <div class="panel-body">
      <div class="tools flame-tools">
        <CallTools tree={tree} measure={measure} />
        <input
          type="search"
          placeholder="highlight a function"
          aria-label="Highlight functions by text"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        {path.length > 1 && (
          <button type="button" onClick={() => setZoomed(path.slice(0, -1))}>
            Zoom out
          </button>
        )}
      </div>
      {amountOf(tree.root, measure) === 0 ? (
        <p class="empty">Nothing to show: no allocation counts towards this figure.</p>
      ) : (
        <FlameGraph {...{ path, measure, search }} total={amountOf(tree.root, measure)} onZoom={setZoomed} />
      )}
    </div>
  );
}

interface GraphProps {
  /** From the root of the tree to the node that is as wide as the graph. */
  readonly path: readonly CallNode[];
  readonly measure: Measure;
  readonly search: string;
  readonly total: number;
  readonly onZoom: (path: readonly CallNode[]) => void;
}

function FlameGraph(props: GraphProps) {
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

function FlameCanvas({ path, measure, search, total, onZoom, size }: GraphProps & { readonly size: Size }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useApp((state) => state.theme);
  const [hover, setHover] = useState<Hover>();
  const boxes = useMemo(() => flameLayout(path, measure, 0.4 / size.width), [path, measure, size.width]);
  const active = hover && boxes.includes(hover.box) ? hover.box : undefined;
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0);
  const height = Math.min(32_000 / size.ratio, (depth + 1) * FLAME_ROW);
  useLayoutEffect(() => {
    if (!canvas.current) return;
    fitCanvas(canvas.current, size.width * size.ratio, height * size.ratio);
    const style = { ratio: size.ratio, rowHeight: FLAME_ROW, ground: themeColor('--panel') };
    paintFlame(canvas.current, boxes, { ...style, search: search.trim().toLowerCase() });
  }, [boxes, size, height, search, theme]);
  const at = (event: MouseEvent): FlameBox | undefined => {
    const level = Math.floor(event.offsetY / FLAME_ROW);
    const share = event.offsetX / size.width;
    return boxes.find((box) => box.depth === level && share >= box.from && share < box.to);
  };
  const show = (box: FlameBox) =>
    setHover({ box, x: ((box.from + box.to) / 2) * size.width, y: box.depth * FLAME_ROW });
  const onKeyDown = (event: KeyboardEvent) => {
    const from = active ?? boxes[path.length - 1];
    if (!from) return;
    const next = neighbour(boxes, from, event.key);
    if (next) show(next);
    else if (event.key === 'Enter') onZoom(pathTo(from));
    else if (event.key === 'Backspace' && path.length > 1) onZoom(path.slice(0, -1));
    else if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <canvas
        ref={canvas}
        tabIndex={0}
        style={{ width: `${size.width}px`, height: `${height}px` }}
        {...IMAGE}
        aria-label="Flame graph: arrow keys move between functions, Enter zooms, Backspace zooms out. The call tree tab holds the same figures as text"
        onKeyDown={onKeyDown}
        onMouseMove={(event) => {
          const box = at(event);
          setHover(box && { box, x: event.offsetX, y: event.offsetY });
        }}
        onMouseLeave={() => setHover(undefined)}
        onClick={(event) => {
          const box = at(event);
          if (box) onZoom(pathTo(box));
        }}
      />
      {active && <FlameOutline box={active} width={size.width} />}
      {active && hover && <FlameTip {...{ hover, measure, total }} width={size.width} />}
    </>
  );
}

/** Over the canvas, which has thousands of boxes: to draw them all again takes longer than a pointer stays on one. */
function FlameOutline({ box, width }: { readonly box: FlameBox; readonly width: number }) {
  const { depth, from, to } = box;
  const place = { left: `${from * width}px`, top: `${depth * FLAME_ROW}px` };
  const shape = { width: `${Math.max(1, (to - from) * width - 1)}px`, height: `${FLAME_ROW - 1}px` };
  return <div class="flame-outline" style={{ ...place, ...shape }} />;
}

function FlameTip(props: { readonly hover: Hover; measure: Measure; total: number; width: number }) {
  const { hover, measure, total, width } = props;
  const { node } = hover.box;
  const side = hover.x > width / 2 ? { right: `${width - hover.x}px` } : { left: `${hover.x}px` };
  return (
    <div class="tip" {...STATUS} style={{ top: `${hover.y + 22}px`, ...side }}>
      <b>{node.functionName === '' ? 'everything' : shown(node.functionName)}</b>
      <span class="mono">{shown(node.location)}</span>
      <span>
        {amountText(amountOf(node, measure), measure)}, {percent(amountOf(node, measure) / Math.max(1, total))}
      </span>
    </div>
  );
}
