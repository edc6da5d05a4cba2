/**
 * Colours of the sources, on the dark ground that the map has in both themes. Found by search: any two are at least 10 apart
 * (CIEDE2000) for eyes with all cones and with any one kind missing (test/viewer/palette.test.ts). Index 0 stands for all the sources
 * beyond the palette.
 */
export const SOURCE_COLORS = [
  '#8794a3',
  '#70affa',
  '#ecd063',
  '#d75987',
  '#98ebbc',
  '#e3948c',
  '#2789bf',
  '#b9a63d',
  '#d0c5ea',
  '#9f7806',
  '#9cbab6',
  '#8d815a',
  '#d3e8e7',
] as const;
export const COLOR_COUNT = SOURCE_COLORS.length;

/** Small to large: darker to lighter, and as far apart as the others for every kind of eyes. */
export const SCALE_COLORS = [
  '#3c4d9f',
  '#675fd0',
  '#a478e4',
  '#f5639d',
  '#ca9eba',
  '#eea558',
  '#ffd743',
  '#f9f5b6',
] as const;

/** How a class of blocks looks. Two classes of one colour differ by their pattern. */
export interface ClassLook {
  readonly hex: string;
  /** Index into {@link PATTERNS}. */
  readonly pattern: number;
}

/** By pattern: which of sixteen pixels across are darker. */
export const PATTERNS: readonly number[] = [0x0000, 0x3333, 0x00ff, 0x1111];
export const OTHERS: ClassLook = { hex: SOURCE_COLORS[0], pattern: 0 };

/** Blocks have a class below this, and this much more when they are dimmed. */
export const CLASS_COUNT = 32;

/** The ground of the map: free memory. */
export const FREE_COLOR = '#141b24';
/** Outside of the region. */
export const OUTSIDE_COLOR = '#252f3b';
export const GAP_MARK_COLOR = '#ffd54a';
export const SELECT_COLOR = '#ffffff';
export const ROOM_COLOR = '#ff6ad5';

/** How dim the blocks are that a query leaves out. */
const DIM = 0.22;
/** Levels of coverage of a pixel that is only partly used. */
export const LEVELS = 8;

export function rgbOf(hex: string): readonly [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** A pixel of an ImageData seen as little-endian words. */
export function word(rgb: readonly [number, number, number]): number {
  return (0xff000000 | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0;
}

export function mix(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
  share: number,
): readonly [number, number, number] {
  const at = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [at(0), at(1), at(2)];
}

/** How dark the dark pixels of a pattern and the edge of a block are. */
const EDGE_SHADE = 0.45;

/** What the painters look up. */
export interface ColorTable {
  /**
   * Words by [edge][class, then dimmed class][level of coverage]: a full pixel has its class's colour, a partly used one fades towards free, an edge
   * pixel is darker so that neighbours of one class can be told apart.
   */
  readonly words: Uint32Array;
  /** By class, then dimmed class: one of {@link PATTERNS}. */
  readonly patterns: Uint16Array;
}

export function colorTable(looks: readonly ClassLook[]): ColorTable {
  const free = rgbOf(FREE_COLOR);
  const words = new Uint32Array(2 * 2 * CLASS_COUNT * (LEVELS + 1));
  const patterns = new Uint16Array(2 * CLASS_COUNT);
  for (let index = 0; index < 2 * CLASS_COUNT; index++) {
    const { hex, pattern } = looks[index % CLASS_COUNT] ?? OTHERS;
    patterns[index] = PATTERNS[pattern] ?? 0;
    const full = mix(free, rgbOf(hex), index < CLASS_COUNT ? 1 : DIM);
    for (let edge = 0; edge < 2; edge++) {
      for (let level = 0; level <= LEVELS; level++) {
        // Even a sliver of a block must be seen.
        const share = level === 0 ? 0 : 0.25 + 0.75 * (level / LEVELS);
        const rgb = mix(free, mix(full, free, edge * EDGE_SHADE), share);
        words[(edge * 2 * CLASS_COUNT + index) * (LEVELS + 1) + level] = word(rgb);
      }
    }
  }
  return { words, patterns };
}
