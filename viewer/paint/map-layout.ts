/** A stretch of addresses that is shown: from the begin of a row on. */
export interface Part {
  readonly fromAddress: number;
  readonly toAddress: number;
  readonly firstRow: number;
}

/** A stretch in which nothing ever was: a few rows stand for it, however long it is. */
export interface Fold {
  readonly fromAddress: number;
  readonly toAddress: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** How a window of addresses lies on a canvas: rows of equal length, from left to right, then down. */
export interface MapLayout {
  readonly fromAddress: number;
  readonly toAddress: number;
  /** In device pixels. */
  readonly width: number;
  readonly height: number;
  readonly rowBytes: number;
  readonly rowHeight: number;
  readonly rows: number;
  /** Ascending; between two of them lies a fold. */
  readonly parts: readonly Part[];
  readonly folds: readonly Fold[];
}

/** From an address to a later one. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const MAX_ROW_HEIGHT = 26;
/** A fold has room for a line of text. */
const FOLD_PIXELS = 18;

/**
 * Rows are as tall as a unit of the allocator is wide, within bounds, so that single blocks look like cells where there is room.
 * `folded` are stretches within the window, ascending, for each of which a mark stands; every part between them begins a row.
 */
export function mapLayout(
  window: Stretch,
  size: { readonly width: number; readonly height: number; readonly ratio: number },
  { unitBytes, folded = [] }: { readonly unitBytes: number; readonly folded?: readonly Stretch[] },
): MapLayout {
  const width = Math.max(1, Math.floor(size.width));
  const height = Math.max(1, Math.floor(size.height));
  const shown = partsOf(window, folded);
  const bytes = Math.max(
    1,
    shown.reduce((sum, { from, to }) => sum + to - from, 0),
  );
  const unit = Math.max(1, Math.min(unitBytes, bytes));
  const marks = Math.min(height / 2, (shown.length - 1) * FOLD_PIXELS * size.ratio);
  const cell = Math.sqrt((width * (height - marks) * unit) / bytes);
  const tallest = Math.max(1, Math.min(Math.floor(MAX_ROW_HEIGHT * size.ratio), height));
  const rowHeight = Math.max(1, Math.min(Math.round(cell), tallest));
  const foldRows = shown.length > 1 ? Math.max(1, Math.floor(marks / (shown.length - 1) / rowHeight)) : 0;
  const wanted = Math.max(1, Math.floor(height / rowHeight) - foldRows * (shown.length - 1));
  let rowBytes = Math.max(unit, Math.ceil(bytes / wanted / unit) * unit);
  const rowsAt = (length: number) => shown.reduce((sum, { from, to }) => sum + Math.ceil((to - from) / length), 0);
  // The last row of every part may be short: longer rows then, until all fit.
  while (shown.length > 1 && rowsAt(rowBytes) > Math.max(wanted, shown.length))
    rowBytes += unit * Math.ceil(rowBytes / unit / 64);
  const placed = placedParts(shown, rowBytes, foldRows);
  const rows = Math.max(1, Math.min(placed.rows, Math.floor(height / rowHeight)));
  return { fromAddress: window.from, toAddress: window.to, width, height, rowBytes, rowHeight, rows, ...placed.lists };
}

function partsOf(window: Stretch, folded: readonly Stretch[]): Stretch[] {
  const parts: Stretch[] = [];
  let from = window.from;
  for (const fold of folded) {
    if (fold.from <= from || fold.to >= window.to) continue;
    parts.push({ from, to: fold.from });
    from = fold.to;
  }
  return [...parts, { from, to: window.to }];
}

function placedParts(shown: readonly Stretch[], rowBytes: number, foldRows: number) {
  const parts: Part[] = [];
  const folds: Fold[] = [];
  let row = 0;
  for (const { from, to } of shown) {
    const before = parts.at(-1);
    if (before) {
      folds.push({ fromAddress: before.toAddress, toAddress: from, firstRow: row, rows: foldRows });
      row += foldRows;
    }
    parts.push({ fromAddress: from, toAddress: to, firstRow: row });
    row += Math.max(1, Math.ceil((to - from) / rowBytes));
  }
  return { rows: row, lists: { parts, folds } };
}

/** How many bytes of rows lie before an address, the rows of folds too; what lies in a fold is at the end of that. */
export function placeOf({ parts, rowBytes }: MapLayout, address: number): number {
  for (const part of parts) {
    if (address > part.toAddress) continue;
    return part.firstRow * rowBytes + Math.max(0, address - part.fromAddress);
  }
  const last = parts.at(-1);
  return last ? last.firstRow * rowBytes + last.toAddress - last.fromAddress : 0;
}

/** Where what begins at an address is drawn: unlike the end of what ends there it may be the begin of a part. */
function beginOf(layout: MapLayout, address: number): number {
  return placeOf(layout, address + 1) - 1;
}

/** The address of the first byte of a row; undefined in a fold. */
export function addressOfRow({ parts, folds, rowBytes }: MapLayout, row: number): number | undefined {
  if (folds.some((fold) => row >= fold.firstRow && row < fold.firstRow + fold.rows)) return undefined;
  const part = parts.findLast(({ firstRow }) => firstRow <= row);
  return part && part.fromAddress + (row - part.firstRow) * rowBytes;
}

/**
 * How the canvas itself is laid out. All lines of a row are alike: where rows are two pixels tall, which is where there are most blocks, the canvas has
 * one line for both, and the page draws it twice as tall. Taller rows have edges of blocks and lines between them.
 */
export function canvasLayout(layout: MapLayout): MapLayout {
  return layout.rowHeight === 2 ? { ...layout, rowHeight: 1, height: Math.floor(layout.height / 2) } : layout;
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The pieces of a range of addresses, one for each row that it touches; empty when it lies outside of the window. */
export function rangeRects(layout: MapLayout, address: number, sizeBytes: number): Rect[] {
  const { fromAddress, toAddress, rowBytes, rowHeight, width, rows } = layout;
  const rects: Rect[] = [];
  if (Math.min(address + sizeBytes, toAddress) <= Math.max(address, fromAddress)) return rects;
  const start = beginOf(layout, Math.max(address, fromAddress));
  const end = Math.min(placeOf(layout, Math.min(address + sizeBytes, toAddress)), rows * rowBytes);
  if (end <= start) return rects;
  const first = Math.floor(start / rowBytes);
  const last = Math.min(rows - 1, Math.ceil(end / rowBytes) - 1);
  for (let row = first; row <= last; row++) {
    const x0 = (Math.max(0, start - row * rowBytes) / rowBytes) * width;
    const x1 = (Math.min(rowBytes, end - row * rowBytes) / rowBytes) * width;
    rects.push({ x: x0, y: row * rowHeight, width: Math.max(1, x1 - x0), height: rowHeight });
  }
  return rects;
}

/** The address at a point; undefined outside of the rows and in folds. */
export function addressAt(layout: MapLayout, x: number, y: number): number | undefined {
  const row = Math.floor(y / layout.rowHeight);
  if (row < 0 || row >= layout.rows || x < 0 || x >= layout.width) return undefined;
  const begin = addressOfRow(layout, row);
  if (begin === undefined) return undefined;
  const address = begin + (x / layout.width) * layout.rowBytes;
  const part = layout.parts.findLast(({ firstRow }) => firstRow <= row);
  return part && address < part.toAddress ? Math.floor(address) : undefined;
}
