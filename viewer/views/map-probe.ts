import { type MapLayout, rangeRects } from '../paint/map-layout.js';

interface DrawnMap {
  readonly canvas: HTMLCanvasElement;
  readonly layout: MapLayout;
  readonly ratio: number;
  /** Lines of the canvas for one of the layout. */
  readonly scaleY: number;
  readonly image: ImageData;
}

const drawn = new Map<string, DrawnMap>();

/** Remembers where a region is drawn. */
export function registerMap(region: string, map: DrawnMap): void {
  drawn.set(region, map);
}

/** Where an address is on the page and which colour is there, for scripts and tests; undefined when it is not drawn. */
export function probeMap(region: string, address: number): { x: number; y: number; color: string } | undefined {
  const map = drawn.get(region);
  const [rect] = map ? rangeRects(map.layout, address, 1) : [];
  if (!map || !rect) return undefined;
  const x = rect.x + rect.width / 2;
  const y = rect.y + Math.max(0, rect.height / 2 - 0.5);
  const { data, width } = map.image;
  const at = (Math.floor(y * map.scaleY) * width + Math.floor(x)) * 4;
  const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
  const box = map.canvas.getBoundingClientRect();
  const color = `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  return { x: box.left + x / map.ratio, y: box.top + y / map.ratio, color };
}
