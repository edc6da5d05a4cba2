import { type ClassLook, COLOR_COUNT, OTHERS, PATTERNS, SOURCE_COLORS } from './palette.js';

/** What gives a function its colour: the same in every view and every trace, whatever else the trace holds. */
export interface HueKey {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  /** What a frame without a name is told from others by: its address. */
  readonly location?: string;
}

/** A colour of the palette by the name of a function and its file, without the file's folders. 0 for what has no name. */
export function hueOf({ functionName, file, location = '' }: Omit<HueKey, 'line'>): number {
  if (functionName === '' && file === '') return 0;
  if (functionName === '??' && file === '') return hashed(location);
  return hashed(`${functionName}\n${file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)}`);
}

/** Any number would do; with this one the largest sources of the examples have colours that are far apart. */
const BASIS = 198487;

function hashed(text: string): number {
  // FNV-1a with a last mix: names differ in their ends only.
  let hash = BASIS;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return 1 + (((hash ^ (hash >>> 13)) >>> 0) % (COLOR_COUNT - 1));
}

/**
 * Looks for sources, the most important first: each has the colour of its function. Those that would look like one before them get a pattern; only
 * when all patterns of a colour are taken, the colour of their line.
 */
export function looksOf(keys: readonly HueKey[]): ClassLook[] {
  const taken = new Uint8Array(COLOR_COUNT);
  return keys.map((key) => {
    const own = hueOf(key);
    const full = (taken[own] ?? 0) >= PATTERNS.length;
    const hue = full ? hashed(`${key.functionName}\n${key.line}`) : own;
    const pattern = Math.min(PATTERNS.length - 1, taken[hue] ?? 0);
    taken[hue] = pattern + 1;
    return { hex: SOURCE_COLORS[hue] ?? OTHERS.hex, pattern };
  });
}
