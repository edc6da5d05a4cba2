import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CallNode } from '../../lib/public/browser.js';
import { amountOf, type Measure } from '../model/call-rows.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { type FlameBox, flameLayout } from '../paint/flame-layout.js';
import { paintFlame } from '../paint/flame-painter.js';
import { fitCanvas, type Size, themeColor, useSize } from '../paint/use-canvas.js';
import { useApp } from '../state/app-state.js';
import { amountText, CallTools, useCallTree, useMeasure } from './call-tools.js';
import { IMAGE, STATUS } from './roles.js';
import { percent, shown } from './text.js';

export const FLAME_ROW = 20;

/** The call tree as a flame graph: callers above, what they call below; inverted: sources above, their callers below. */
export function FlamePanel({ loaded }: { readonly loaded: LoadedTrace }) {
  const tree = useCallTree(loaded);
  const measure = useMeasure();
  const [search, setSearch] = useState('');
  const [path, setPath] = useState<readonly CallNode[]>([]);
  useEffect(() => setPath([]), [tree]);
  const root = path.at(-1) ?? tree.root;
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
        {path.length > 0 && (
          <button type="button" onClick={() => setPath(path.slice(0, -1))}>
            Zoom out
          </button>
        )}
      </div>
      {amountOf(tree.root, measure) === 0 ? (
        <p class="empty">Nothing to show: no allocation counts towards this figure.</p>
      ) : (
        <FlameGraph
          {...{ root, measure, search }}
          total={amountOf(tree.root, measure)}
          onZoom={(node) => setPath(node === root ? path.slice(0, -1) : [...path, node])}
        />
      )}
    </div>
  );
}

interface GraphProps {
  readonly root: CallNode;
  readonly measure: Measure;
  readonly search: string;
  readonly total: number;
  readonly onZoom: (node: CallNode) => void;
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

function FlameCanvas({ root, measure, search, total, onZoom, size }: GraphProps & { readonly size: Size }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useApp((state) => state.theme);
  const [hover, setHover] = useState<{ box: FlameBox; x: number; y: number }>();
  const boxes = useMemo(() => flameLayout(root, measure, 0.4 / size.width), [root, measure, size.width]);
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0);
  const height = Math.min(32_000 / size.ratio, (depth + 1) * FLAME_ROW);
  useLayoutEffect(() => {
    if (!canvas.current) return;
    fitCanvas(canvas.current, size.width * size.ratio, height * size.ratio);
    const style = {
      ratio: size.ratio,
      rowHeight: FLAME_ROW,
      ground: themeColor('--panel'),
      quiet: themeColor('--sunken'),
    };
    paintFlame(canvas.current, boxes, { ...style, search: search.trim().toLowerCase() });
  }, [boxes, size, height, search, theme]);
  const at = (event: MouseEvent): FlameBox | undefined => {
    const level = Math.floor(event.offsetY / FLAME_ROW);
    const share = event.offsetX / size.width;
    return boxes.find((box) => box.depth === level && share >= box.from && share < box.to);
  };
  return (
    <>
      <canvas
        ref={canvas}
        style={{ width: `${size.width}px`, height: `${height}px` }}
        {...IMAGE}
        aria-label="Flame graph; the call tree tab holds the same figures as text"
        onMouseMove={(event) => {
          const box = at(event);
          setHover(box && { box, x: event.offsetX, y: event.offsetY });
        }}
        onMouseLeave={() => setHover(undefined)}
        onClick={(event) => {
          const box = at(event);
          if (box) onZoom(box.node);
        }}
      />
      {hover && (
        <div
          class="tip"
          {...STATUS}
          style={{
            top: `${hover.y + 16}px`,
            ...(hover.x > size.width / 2 ? { right: `${size.width - hover.x}px` } : { left: `${hover.x}px` }),
          }}
        >
          <b>{hover.box.node.functionName === '' ? 'everything' : shown(hover.box.node.functionName)}</b>
          <span class="mono">{shown(hover.box.node.location)}</span>
          <span>
            {amountText(amountOf(hover.box.node, measure), measure)},{' '}
            {percent(amountOf(hover.box.node, measure) / Math.max(1, total))}
          </span>
        </div>
      )}
    </>
  );
}
