import test from 'ava';
import fc from 'fast-check';
import type { HeapRegion } from '../../lib/public/browser.js';
import { viewerModule } from '../support/viewer-module.js';

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly rows: number;
  readonly rowHeight: number;
  readonly rowBytes: number;
}
interface ColorTable {
  readonly words: Uint32Array;
  readonly patterns: Uint16Array;
}
interface Order {
  readonly span: Int32Array;
  readonly address: Uint32Array;
  readonly sizeBytes: Uint32Array;
  readonly color: Uint8Array;
}
interface Picture {
  readonly bits: Uint32Array;
  readonly layout: Layout;
  readonly table: ColorTable;
  readonly image: Uint32Array;
}
/** What this uses of the viewer, whose sources are compiled for browsers. */
interface Module {
  readonly MapPainter: new () => {
    paint(order: Order, region: HeapRegion, at: Picture): { gapCount: number; largestFreeBytes: number };
  };
  readonly mapLayout: (
    window: { from: number; to: number },
    size: { width: number; height: number; ratio: number },
    how: { unitBytes: number },
  ) => Layout;
  readonly canvasLayout: (layout: Layout) => Layout;
  readonly colorTable: (looks: readonly { hex: string; pattern: number }[]) => ColorTable;
  readonly word: (rgb: readonly [number, number, number]) => number;
  readonly rgbOf: (hex: string) => readonly [number, number, number];
  readonly FREE_COLOR: string;
  readonly OUTSIDE_COLOR: string;
  readonly LEVELS: number;
  readonly CLASS_COUNT: number;
}

const { MapPainter, mapLayout, canvasLayout, colorTable, word, rgbOf, FREE_COLOR, OUTSIDE_COLOR, LEVELS, CLASS_COUNT } =
  await viewerModule<Module>('paint/map-painter.ts', 'paint/map-layout.ts', 'paint/palette.ts');

const BASE = 0x1000;
const looks = [
  { hex: '#ff0000', pattern: 0 },
  { hex: '#00ff00', pattern: 1 },
  { hex: '#0000ff', pattern: 3 },
];
const table = colorTable(looks);
const painter = new MapPainter();

interface Block {
  readonly gap: number;
  readonly size: number;
  readonly color: number;
}

const block = fc.record({
  gap: fc.integer({ min: 0, max: 40 }),
  size: fc.integer({ min: 1, max: 200 }),
  color: fc.constantFrom<number>(0, 1, 2, 32, 33),
});
const drawing = fc.record({
  blocks: fc.array(block, { maxLength: 40 }),
  width: fc.integer({ min: 1, max: 90 }),
  height: fc.integer({ min: 1, max: 60 }),
  unit: fc.constantFrom(1, 8, 16),
  /** Bytes that the window lets out at its begin and its end. */
  cut: fc.tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 64 })),
});

function drawn({ blocks, width, height, unit, cut }: typeof drawing extends fc.Arbitrary<infer T> ? T : never) {
  let at = BASE;
  const placed = blocks.map(({ gap, size, color }: Block) => {
    const address = at + gap;
    at = address + size;
    return { address, size, color };
  });
  const sizeBytes = Math.max(256, at - BASE + 16);
  const region: HeapRegion = { name: 'heap', baseAddress: BASE, sizeBytes, unitBytes: unit };
  const order: Order = {
    span: Int32Array.from(placed.keys()),
    address: Uint32Array.from(placed, ({ address }) => address),
    sizeBytes: Uint32Array.from(placed, ({ size }) => size),
    color: Uint8Array.from(placed, ({ color }) => color),
  };
  const bits = new Uint32Array(Math.ceil(placed.length / 32) + 1).fill(0xffffffff);
  const window = { from: BASE + cut[0], to: BASE + sizeBytes - cut[1] };
  const layout = mapLayout(window, { width, height, ratio: 1 }, { unitBytes: unit });
  const paintedAs = (as: Layout) => {
    const image = new Uint32Array(as.width * as.height).fill(0xdeadbeef);
    return { image, state: painter.paint(order, region, { bits, layout: as, table, image }) };
  };
  return { placed, layout, ...paintedAs(layout), paintedAs, window };
}

/** A pixel as its definition says, from all blocks at once; undefined where what a division leaves over decides. */
function expected({ placed, layout, window }: ReturnType<typeof drawn>, x: number, row: number): number | undefined {
  const perPixel = layout.rowBytes / layout.width;
  const from = window.from + row * layout.rowBytes + x * perPixel;
  let [covered, color, edge] = [0, 0, false];
  for (const { address, size, color: own } of placed) {
    const [low, high] = [Math.max(address, window.from), Math.min(address + size, window.to)];
    const share = (Math.min(high, from + perPixel) - Math.max(low, from)) / perPixel;
    // What a division leaves over is no block.
    if (share < 1e-9) continue;
    if (covered > 0 && own !== color && Math.abs(share - covered) < 1e-9) return undefined;
    if (share >= covered) color = own;
    covered += share;
    const pixels = (high - low) / perPixel;
    if (Math.abs(pixels - 3) < 1e-9) return undefined;
    const long = pixels >= 3 && layout.rowHeight >= 3;
    const begin = Math.round((low - window.from) / perPixel);
    if (long && Math.abs((((low - window.from) / perPixel) % 1) - 0.5) < 1e-9) return undefined;
    if (long && begin === row * layout.width + x) edge = true;
  }
  if (covered < 1e-9) return word(rgbOf(FREE_COLOR));
  const level = covered >= 0.999 ? LEVELS : Math.max(1, Math.ceil(covered * LEVELS - 1e-6));
  const dark = edge || ((table.patterns[color] as number) >> (x & 15)) & 1 ? 1 : 0;
  return table.words[(dark * 2 * CLASS_COUNT + color) * (LEVELS + 1) + level] as number;
}

test('each pixel of the map is what the blocks under it make of it', (t) => {
  fc.assert(
    fc.property(drawing, (given) => {
      const it = drawn(given);
      const { layout, image, window } = it;
      for (let row = 0; row < layout.rows; row++) {
        const inRow = Math.min(layout.rowBytes, window.to - window.from - row * layout.rowBytes);
        // Where memory ends the nearest pixel decides; the pixels around that are not looked at here.
        const inside = Math.floor((inRow / layout.rowBytes) * layout.width) - 1;
        const top = row * layout.rowHeight * layout.width;
        for (let x = 0; x < inside; x++) {
          const wanted = expected(it, x, row);
          if (wanted !== undefined && image[top + x] !== wanted)
            throw new Error(`pixel ${x} of row ${row}: ${image[top + x]}, not ${wanted}`);
        }
        // All lines of a row are the same, but for the one between rows.
        const lines = layout.rowHeight >= 6 ? layout.rowHeight - 1 : layout.rowHeight;
        const line = (y: number) => image.subarray(top + y * layout.width, top + (y + 1) * layout.width).join();
        for (let y = 1; y < lines; y++) if (line(y) !== line(0)) throw new Error(`line ${y} of row ${row}`);
        if (lines < layout.rowHeight && new Set(line(lines).split(',')).size !== 1)
          throw new Error('no line between rows');
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.false(
    drawn({ blocks: [], width: 10, height: 10, unit: 16, cut: [0, 0] }).image.includes(0xdeadbeef),
    'all is drawn',
  );
});

test('rows of two pixels are drawn with one line, which is that of both', (t) => {
  let seen = 0;
  fc.assert(
    fc.property(drawing, (given) => {
      const { layout, image, paintedAs } = drawn(given);
      const { width, rows, rowHeight } = layout;
      const thin = canvasLayout(layout);
      if (rowHeight !== 2) return thin === layout;
      seen++;
      const once = paintedAs(thin).image;
      if (once.length !== width * Math.floor(layout.height / 2)) throw new Error('half as many lines');
      for (let at = 0; at < rows * width; at++) {
        const [row, x] = [Math.floor(at / width), at % width];
        for (const y of [0, 1])
          if (image[(row * 2 + y) * width + x] !== once[at]) throw new Error(`pixel ${x} of row ${row}, line ${y}`);
      }
      return !once.includes(0xdeadbeef);
    }),
    { numRuns: 500 },
  );
  t.true(seen > 5, `${seen} drawings have such rows`);
});

test('by hand: two blocks in rows of 16 bytes, a pixel a byte', (t) => {
  const blocks = [
    { gap: 4, size: 4, color: 0 },
    { gap: 0, size: 12, color: 0 },
  ];
  const { layout, image, state } = drawn({ blocks, width: 16, height: 16, unit: 1, cut: [0, 0] });
  t.deepEqual([layout.rows, layout.rowHeight, layout.rowBytes], [16, 1, 16]);
  const [free, used] = [word(rgbOf(FREE_COLOR)), word([255, 0, 0])];
  const row = (at: number) => [...image.subarray(at * 16, at * 16 + 16)];
  t.deepEqual(row(0), [...Array(4).fill(free), ...Array(12).fill(used)]);
  t.deepEqual(row(1), [...Array(4).fill(used), ...Array(12).fill(free)]);
  t.deepEqual(row(2), Array(16).fill(free));
  t.is(state.gapCount, 2);
  t.is(state.largestFreeBytes, 256 - 20);
  t.false(image.includes(word(rgbOf(OUTSIDE_COLOR))));
});
