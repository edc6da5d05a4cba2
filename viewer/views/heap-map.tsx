import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress, formatBytes, fragmentationOf, type HeapRegion } from '../../lib/public/browser.js';
import { regionSlice } from '../model/address-order.js';
import { certaintyAt, type Sign } from '../model/certainty.js';
import { liveBits, type RegionState, spanAt } from '../model/live-blocks.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { foldsIn, touchedOf } from '../model/stretches.js';
import { addressAt, addressOfRow, canvasLayout, type Fold, type MapLayout, mapLayout } from '../paint/map-layout.js';
import { paintMarks } from '../paint/map-marks.js';
import { MapPainter } from '../paint/map-painter.js';
import { canvasRatio, fitCanvas, imageFor, type Size, useSize, wordsOf } from '../paint/use-canvas.js';
import { goToRow, pickSpan } from '../state/actions.js';
import { app, type Range, useApp } from '../state/app-state.js';
import { useMapPointer } from './map-pointer.js';
import { registerMap } from './map-probe.js';
import { clampWindow, touchedRange } from './map-window.js';
import { IMAGE } from './roles.js';
import { SpanTip } from './span-tip.js';
import { percent } from './text.js';
import { usePainting } from './use-painting.js';

/** Heap regions below each other, each with its live blocks by address. */
export function HeapMapView({ loaded }: { readonly loaded: LoadedTrace }) {
  const sign = useApp((state) => certaintyAt(loaded, state.atSeq).free);
  if (!loaded.order) return <NoMap />;
  const shown = loaded.regions.filter((region) => region.sizeBytes > 0);
  if (shown.length === 0) return <p class="empty">No block was ever allocated: there is nothing to draw.</p>;
  return (
    <div class="maps">
      {shown.slice(0, 8).map((region) => (
        <RegionMap key={region.name} loaded={loaded} region={region} sign={sign} />
      ))}
      {shown.length > 8 && <p class="note">{shown.length - 8} more regions are not drawn.</p>}
    </div>
  );
}

function NoMap() {
  return (
    <p class="empty">
      This trace has sizes but no addresses, so there is no map. The usage curve, the table and the panels below need
      none.
    </p>
  );
}

interface RegionProps {
  readonly loaded: LoadedTrace;
  readonly region: HeapRegion;
}

function RegionMap({ loaded, region, sign }: RegionProps & { readonly sign: Sign }) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const size = useSize(box);
  const window = useApp((state) => state.windows[region.name]);
  const touched = useMemo(() => touchedRange(loaded, region), [loaded, region]);
  const view = useMemo(() => clampWindow(window ?? touched, region), [window, touched, region]);
  const [state, setState] = useState<RegionState>();
  const all = useApp((state) => state.unfolded);
  const isOwn = (key: string) => key.startsWith(`${region.name}@`);
  const [unfolded, others] = [all.filter(isOwn), all.filter((key) => !isOwn(key))];
  const whole = view.from <= region.baseAddress && view.to >= region.baseAddress + region.sizeBytes;
  const count = loaded.order ? regionSlice(loaded.order, region) : { from: 0, to: 0 };
  return (
    <section class="region" aria-label={`Heap region ${region.name}`} data-region={region.name}>
      <header class="region-head">
        <b>{region.name}</b>
        <span class="mono">
          {formatAddress(region.baseAddress)} – {formatAddress(region.baseAddress + region.sizeBytes)}
        </span>
        <span>{formatBytes(region.sizeBytes)}</span>
        {state && (
          <span class="figures" data-free={state.freeBytes} data-largest={state.largestFreeBytes}>
            {sign}
            {formatBytes(state.freeBytes)} free in {state.gapCount} {state.gapCount === 1 ? 'gap' : 'gaps'}, largest{' '}
            <mark>
              {sign}
              {formatBytes(state.largestFreeBytes)}
            </mark>
            , <span data-region-fragmentation>{fragmentationText(state, sign)}</span> fragmented
          </span>
        )}
        <span class="spring" />
        {loaded.trace.notes.some(({ code }) => code === 'history-block-numbers') && (
          <span
            class="quiet"
            title="The file numbers blocks and tells no addresses: these count from the begin of the heap"
          >
            addresses from 0: the file has none
          </span>
        )}
        {!loaded.boundsKnown && (
          <span
            class="quiet"
            title="The trace does not tell where the heap begins and ends: this is from its lowest to its highest byte"
          >
            as traced
          </span>
        )}
        {unfolded.length > 0 && (
          <button type="button" class="link" onClick={() => app.set({ unfolded: others })}>
            fold unused stretches
          </button>
        )}
        {!whole && <span class="quiet">zoomed: scroll out for the whole region</span>}
        {count.to === count.from && <span class="quiet">never used</span>}
      </header>
      <div class="canvas-box" ref={setBox}>
        {size && <RegionCanvas loaded={loaded} region={region} size={size} view={view} onState={setState} />}
      </div>
    </section>
  );
}

function fragmentationText({ freeBytes, largestFreeBytes }: RegionState, sign: Sign): string {
  return `${sign === '' ? '' : '≈ '}${percent(fragmentationOf(freeBytes, largestFreeBytes))}`;
}

interface CanvasProps extends RegionProps {
  readonly size: Size;
  readonly view: Range;
  readonly onState: (state: RegionState) => void;
}

const GUTTER = 86;
/** The height of a line of text beside a row; without room for a whole one there is none. */
const LABEL = 16;

function RegionCanvas({ loaded, region, size, view, onState }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef(new MapPainter());
  const image = useRef<ImageData | undefined>(undefined);
  const atSeq = useApp((state) => state.atSeq);
  const span = useApp((state) => state.span);
  const room = useApp((state) => state.room);
  const gapSelected = useApp((state) => state.gap === region.name);
  const [hover, setHover] = useState<{ span: number; x: number; y: number }>();
  const unfolded = useApp((state) => state.unfolded);
  const { width, height } = size;
  const ratio = canvasRatio(size);
  const layout = useMemo(() => {
    const box = { width: (width - GUTTER) * ratio, height: height * ratio, ratio };
    const unused = loaded.order ? foldsIn(view, touchedOf(loaded.order, region), region.unitBytes) : [];
    const folded = unused.filter(({ from }) => !unfolded.includes(foldKey(region, from)));
    return mapLayout(view, box, { unitBytes: region.unitBytes, folded });
  }, [loaded.order, view, width, height, ratio, region, unfolded]);
  const drawn = useMemo(() => canvasLayout(layout), [layout]);
  // Of the canvas to one of the layout.
  const scaleY = drawn.rowHeight / layout.rowHeight;
  const labels = useMemo(() => <RowLabels layout={layout} ratio={ratio} />, [layout, ratio]);
  const { order, table } = usePainting(loaded);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context || !order) return;
    fitCanvas(canvas.current, drawn.width, drawn.height);
    image.current = imageFor(image.current, drawn.width, drawn.height);
    const bits = liveBits(loaded, atSeq);
    if (!bits) return;
    const at = { bits, layout: drawn, table, image: wordsOf(image.current) };
    const state = painter.current.paint(order, region, at);
    context.putImageData(image.current, 0, 0);
    onState(state);
    context.setTransform(1, 0, 0, scaleY, 0, 0);
    paintMarks(context, { loaded, region, layout, state, atSeq, span, gapSelected, room, ratio });
    registerMap(region.name, { canvas: canvas.current, layout, ratio, scaleY, image: image.current });
  }, [loaded, order, region, layout, drawn, scaleY, table, atSeq, span, gapSelected, room, ratio, onState]);
  const pick = (x: number, y: number) => {
    const address = addressAt(layout, x * ratio, y * ratio);
    return address === undefined ? -1 : spanAt(loaded, address, atSeq);
  };
  const pointer = useMapPointer({
    layout,
    region,
    view,
    ratio,
    pick,
    onHover: setHover,
    onPick: pickSpan,
    onGo: (it) => goToRow(loaded.spans.startSeq[it] ?? 0),
  });
  return (
    <>
      {labels}
      <canvas
        ref={canvas}
        class="map"
        tabIndex={0}
        style={scaleY === 1 ? {} : { height: `${drawn.height / scaleY / ratio}px`, imageRendering: 'pixelated' }}
        {...IMAGE}
        aria-label={`Map of region ${region.name}: live blocks by address. Arrow keys move through the events, plus and minus zoom.`}
        {...pointer}
      />
      {layout.folds.map((fold) => (
        <FoldMark key={fold.fromAddress} {...{ region, fold, layout, ratio }} />
      ))}
      {hover && <SpanTip loaded={loaded} {...hover} offset={GUTTER} width={width} />}
    </>
  );
}

function foldKey(region: HeapRegion, from: number): string {
  return `${region.name}@${from}`;
}

/** Stands for a stretch in which nothing ever was; a click shows it at its length. */
function FoldMark({
  region,
  fold,
  layout,
  ratio,
}: {
  readonly region: HeapRegion;
  readonly fold: Fold;
  readonly layout: MapLayout;
  readonly ratio: number;
}) {
  const { rowHeight } = layout;
  const place = { top: `${(fold.firstRow * rowHeight) / ratio}px`, height: `${(fold.rows * rowHeight) / ratio}px` };
  const bytes = formatBytes(fold.toAddress - fold.fromAddress);
  const open = () => app.set({ unfolded: [...app.get().unfolded, foldKey(region, fold.fromAddress)] });
  return (
    <button
      type="button"
      class="fold"
      style={place}
      onClick={open}
      title={`${formatAddress(fold.fromAddress)} to ${formatAddress(fold.toAddress)}: no block ever was here. Click: show it at its length`}
    >
      ⋯ {bytes} never used ⋯
    </button>
  );
}

/** The address of the first byte of a row, wherever there is room for a line of text. */
function RowLabels({ layout, ratio }: { readonly layout: MapLayout; readonly ratio: number }) {
  const every = Math.max(1, Math.ceil((LABEL * ratio) / layout.rowHeight));
  const labels = [];
  for (
    let row = 0;
    row < layout.rows && (row * layout.rowHeight) / ratio + LABEL <= layout.height / ratio;
    row += every
  ) {
    const address = addressOfRow(layout, row);
    if (address === undefined) continue;
    labels.push(
      <span key={row} style={{ top: `${(row * layout.rowHeight) / ratio}px` }}>
        {formatAddress(Math.round(address))}
      </span>,
    );
  }
  return (
    <div class="gutter mono" aria-hidden="true">
      {labels}
    </div>
  );
}
