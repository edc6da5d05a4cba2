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

/** The ground of the map: free memory. */
export const FREE_COLOR = '#141b24';
/** Outside of the region. */
export const OUTSIDE_COLOR = '#252f3b';
export const GAP_MARK_COLOR = '#ffd54a';
export const SELECT_COLOR = '#ffffff';
export const ROOM_COLOR = '#ff6ad5';

/** How dim the blocks of other sources are while one source is in focus. */
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

/**
 * Words by [edge][colour][level of coverage]: a full pixel has its source's colour, a partly used one fades towards free, an edge
 * pixel is darker so that neighbours of one source can be told apart.
 */
export function colorTable(focus = -1): Uint32Array {
  const free = rgbOf(FREE_COLOR);
  const table = new Uint32Array(2 * COLOR_COUNT * (LEVELS + 1));
  for (let edge = 0; edge < 2; edge++) {
    SOURCE_COLORS.forEach((hex, color) => {
      const full = mix(free, rgbOf(hex), focus >= 0 && focus !== color ? DIM : 1);
      for (let level = 0; level <= LEVELS; level++) {
        // Even a sliver of a block must be seen.
        const share = level === 0 ? 0 : 0.25 + 0.75 * (level / LEVELS);
        const rgb = mix(free, mix(full, free, edge * 0.45), share);
        table[(edge * COLOR_COUNT + color) * (LEVELS + 1) + level] = word(rgb);
      }
    });
  }
  return table;
}
