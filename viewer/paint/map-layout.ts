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
}

const MAX_ROW_HEIGHT = 26;

/** Rows are as tall as a unit of the allocator is wide, within bounds, so that single blocks look like cells where there is room. */
export function mapLayout(
  window: { readonly from: number; readonly to: number },
  size: { readonly width: number; readonly height: number; readonly ratio: number },
  unitBytes: number,
): MapLayout {
  const width = Math.max(1, Math.floor(size.width));
  const height = Math.max(1, Math.floor(size.height));
  const bytes = Math.max(1, window.to - window.from);
  const unit = Math.max(1, Math.min(unitBytes, bytes));
  const cell = Math.sqrt((width * height * unit) / bytes);
  const tallest = Math.max(1, Math.min(Math.floor(MAX_ROW_HEIGHT * size.ratio), height));
  const rowHeight = Math.max(1, Math.min(Math.round(cell), tallest));
  const wanted = Math.max(1, Math.floor(height / rowHeight));
  const rowBytes = Math.max(unit, Math.ceil(bytes / wanted / unit) * unit);
  const rows = Math.max(1, Math.min(wanted, Math.ceil(bytes / rowBytes)));
  return { fromAddress: window.from, toAddress: window.to, width, height, rowBytes, rowHeight, rows };
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The pieces of a range of addresses, one for each row that it touches; empty when it lies outside of the window. */
export function rangeRects(layout: MapLayout, address: number, sizeBytes: number): Rect[] {
  const { fromAddress, rowBytes, rowHeight, width, rows } = layout;
  const start = Math.max(address, fromAddress) - fromAddress;
  const end = Math.min(address + sizeBytes, layout.toAddress, fromAddress + rows * rowBytes) - fromAddress;
  const rects: Rect[] = [];
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

/** The address at a point; undefined outside of the rows. */
export function addressAt(layout: MapLayout, x: number, y: number): number | undefined {
  const row = Math.floor(y / layout.rowHeight);
  if (row < 0 || row >= layout.rows || x < 0 || x >= layout.width) return undefined;
  const address = layout.fromAddress + row * layout.rowBytes + (x / layout.width) * layout.rowBytes;
  return address < layout.toAddress ? Math.floor(address) : undefined;
}
