export const ESCAPE = '\u001b';

// CSI and OSC sequences (colours, cursor moves, hyperlinks), then every other one, then a cut one.
const SEQUENCE = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\|$)|[ -/]*[0-~])?`,
  'g',
);
/** Colours whose escape character was lost on the way, as in a paste, or is written out: `[0;32m`, `^[[0m`, `\033[0m`. */
const WRITTEN_OUT =
  /(?:(?:\^\[|\u241b|\\(?:033|x1b|e|u001b))\[(?:\d{1,3}(?:;\d{1,3})*)?[mK]|\[\d{1,3}(?:;\d{1,3})*m)/gi;

/** A line without what was meant for a terminal. */
export function withoutEscapes(line: string): string {
  const text = line.includes(ESCAPE) ? line.replace(SEQUENCE, '') : line;
  if (!mayBeColoured(text)) return text;
  const plain = text.replace(WRITTEN_OUT, '');
  // gdb ends its colours with an empty one.
  return plain.length === text.length ? text : plain.replaceAll('[m', '');
}

/** Whether a bracket is followed by what ends a colour: most lines that have brackets have them for something else. */
function mayBeColoured(text: string): boolean {
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) {
    let end = at + 1;
    for (let code = text.charCodeAt(end); (code >= 0x30 && code <= 0x39) || code === 0x3b; code = text.charCodeAt(end))
      end++;
    const last = text.charCodeAt(end) | 32;
    if (last === 0x6d || last === 0x6b) return true;
  }
  return false;
}
