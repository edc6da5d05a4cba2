/** Why a text that looks like one of a format is none, told by one of its lines. */
export interface NearMiss {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** What that line, or the text around it, would have to be: follows `expected`. */
  readonly expected: string;
  /** From 0 to 1: how much of it was there. Half where only a word was. */
  readonly closeness: number;
  /** What to do next, where it is more than a description of the lines. */
  readonly remedy?: string;
}

/** How a format tells that an input which it refused came near. */
export interface NearSign {
  /** Whether a line has something of this format in it, and whether the format's own parser then takes it. */
  readonly looks: (line: string) => boolean;
  readonly takes?: (line: string) => boolean;
  readonly expected: string;
  readonly closeness?: number;
}

/** The first line that bears a sign and that the format's own parser refuses; the first sign that is found counts. */
export function nearBySigns(lines: readonly string[], signs: readonly NearSign[]): NearMiss | undefined {
  for (const { looks, takes, expected, closeness = 0.6 } of signs) {
    const at = lines.findIndex((line) => looks(line) && takes?.(line) !== true);
    if (at >= 0) return { line: at + 1, text: lines[at] ?? '', expected, closeness };
  }
  return undefined;
}
