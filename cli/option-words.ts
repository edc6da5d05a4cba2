/** Options whose word on the command line is not that of the library's field. */
const WORDS: Readonly<Record<string, string>> = {
  heapSizeBytes: 'heap-size',
  hooks: 'hook',
  idleMs: 'idle',
  maxDepth: 'backtrace-depth',
  minSizeBytes: 'min-size',
  patterns: 'pattern',
  prompt: 'until-prompt',
  qemuArgs: 'qemu-arg',
  speedKhz: 'speed',
  timeoutMs: 'timeout',
};

/** Not a call, a member of a member or a place in a file: those may stand in a firmware's own text. */
const FIELD = /(?<![\w./:-])options\.([a-z][A-Za-z]*)(=false)?(?![\w(.]|:\d)/g;

/** The library names an option by its field, `options.captureLargest`; people at a terminal know it as `--capture-largest`. */
export function optionWords(text: string): string {
  if (!text.includes('options.')) return text;
  return text.replace(FIELD, (_, field: string, off: string | undefined) => {
    const word = WORDS[field] ?? field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `--${off === undefined ? '' : 'no-'}${word}`;
  });
}

/** The same in the lines of a report that say what was assumed; the others may hold names of the firmware's. */
export function assumptionWords(text: string): string {
  return text.includes('options.') ? text.replace(/^(?:assumed|note): .*$/gm, optionWords) : text;
}
