import { useEffect, useState } from 'preact/hooks';

/** The size of an element, in CSS pixels, and how many device pixels one of them has. */
export interface Size {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

const MAX_RATIO = 3;

/** More pixels than this cannot be painted between two frames of a slider that moves; no eye tells them apart on a screen that has them. A canvas has at least one for each of the page. */
const MAX_PIXELS = 3e6;

/** How many pixels of a canvas one CSS pixel gets: as many as the screen has, or fewer on a very large one. */
export function canvasRatio({ width, height, ratio }: Size): number {
  return Math.min(ratio, Math.max(1, Math.sqrt(MAX_PIXELS / (width * height))));
}

/** Follows the size of an element; undefined until it is known. */
export function useSize(element: HTMLElement | null): Size | undefined {
  const [size, setSize] = useState<Size>();
  useEffect(() => {
    if (!element) return undefined;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element;
      const ratio = Math.min(MAX_RATIO, window.devicePixelRatio || 1);
      if (width > 0 && height > 0) setSize({ width, height, ratio });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Sets the pixels of a canvas when they differ; setting them clears it. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [w, h] = [Math.max(1, Math.floor(width)), Math.max(1, Math.floor(height))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
}

const words = new WeakMap<ImageData, Uint32Array>();

/** An image of this size to paint into, kept between frames, and its pixels as words. */
export function imageFor(kept: ImageData | undefined, width: number, height: number): ImageData {
  return kept && kept.width === width && kept.height === height ? kept : new ImageData(width, height);
}

export function wordsOf(image: ImageData): Uint32Array {
  const known = words.get(image);
  if (known) return known;
  const made = new Uint32Array(image.data.buffer);
  words.set(image, made);
  return made;
}

/** Colours, and the factor by which text grows, that canvases take from the theme. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
