import { CUT_FRAME, FRAME_KINDS, type Frame } from '../../trace/heap-event.js';

/*
 * A backtrace in one cell of a table, innermost first:
 *
 *     open (net/tls.c:40) @0x8000123 <- main (main.c:7) @0x8000041 ~inlined
 *
 * What is not known is left out, `??` stands for a function without a name. Words behind `~` are what is special of a frame. A frame that would not
 * be read back as it was (or that a spreadsheet would take for a formula) is written as a JSON object instead.
 */
const SEPARATOR = ' <- ';
const UNNAMED = '??';
const FRAME =
  /^(.*?)(?: \((.*):(\d{1,10})\))?(?: @0x([0-9a-f]{1,14}))?((?: ~(?:inlined|signal|tail|script|cut|guessed))*)$/;
/** What acts on a terminal, ends a line, or is taken away when a log is cleaned. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\[[\d;]*[mk]/iu;
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\[(?=[\d;]*[mk])/giu;
const FORMULA = /^[=+\-@{]/;

/** The text of one frame. */
export function frameText(frame: Frame): string {
  const { functionName, file, line, address } = frame;
  const name = functionName === '' ? UNNAMED : functionName;
  const place = file === '' && line === 0 ? '' : ` (${file}:${line})`;
  const at = address === 0 ? '' : ` @0x${address.toString(16)}`;
  const words = [frame.inlined ? 'inlined' : '', frame.kind ?? '', frame.certainty === 'guessed' ? 'guessed' : ''];
  const marks = words.map((word) => (word === '' || word === 'normal' ? '' : ` ~${word}`)).join('');
  const text = name + place + at + marks;
  const isPlain =
    !UNSAFE.test(text) && !FORMULA.test(text) && !text.includes(SEPARATOR) && isSame(plainFrame(text), frame);
  return isPlain ? text : escapedJson(frame).replaceAll('<', '\\u003c');
}

/** How the texts of frames become one. */
export interface StackForm {
  readonly separator: string;
  /** The text of {@link CUT_FRAME}. */
  readonly cut: string;
  /** Of the text, in characters, but for a last frame that says that it was cut. */
  readonly maxLength: number;
}

/** The texts of frames, innermost first, as one; frames beyond what it may hold are cut, which the last frame then says. */
export function stackText(
  texts: Iterable<string>,
  { separator = SEPARATOR, cut = frameText(CUT_FRAME), maxLength = Number.POSITIVE_INFINITY }: Partial<StackForm> = {},
): string {
  let all = '';
  for (const text of texts) {
    const next = all === '' ? text : separator + text;
    if (all.length + next.length > maxLength) return all + (all === '' ? '' : separator) + cut;
    all += next;
  }
  return all;
}

/** The texts of the single frames of such a text, innermost first. */
export function frameTextsOf(text: string): readonly string[] {
  return text.split(SEPARATOR);
}

/** The frame of such a text; undefined when it is none. */
export function parseFrameText(text: string): Frame | undefined {
  return text.startsWith('{') ? jsonFrame(text) : plainFrame(text);
}

/** JSON in which nothing acts on a terminal, ends a line, or is taken away when a log is cleaned. */
export function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE_CHARACTERS, (text) =>
    Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

function plainFrame(text: string): Frame | undefined {
  const found = FRAME.exec(text);
  if (!found) return undefined;
  const [, name = '', file = '', line = '0', address = '0', marks = ''] = found;
  return frameOf({
    functionName: name === UNNAMED ? '' : name,
    file,
    line: Number(line),
    address: Number.parseInt(address, 16),
    marks: marks.split(' ~'),
  });
}

interface FrameParts {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  readonly address: number;
  readonly marks: readonly unknown[];
}

function frameOf({ marks, ...frame }: FrameParts): Frame {
  const kind = FRAME_KINDS.find((word) => word !== 'normal' && marks.includes(word));
  return {
    ...frame,
    ...(marks.includes('inlined') ? { inlined: true } : {}),
    ...(kind === undefined ? {} : { kind }),
    ...(marks.includes('guessed') ? { certainty: 'guessed' as const } : {}),
  };
}

/** A frame that was written as JSON, by whomever; undefined when it is none. */
export function frameFromJson(value: unknown): Frame | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { functionName = '', file = '', line = 0, address = 0, inlined, kind, certainty } = value as Partial<Frame>;
  if (typeof functionName !== 'string' || typeof file !== 'string') return undefined;
  if (!isCount(line, 0x7fffffff) || !isCount(address, Number.MAX_SAFE_INTEGER)) return undefined;
  return frameOf({ functionName, file, line, address, marks: [inlined === true ? 'inlined' : '', kind, certainty] });
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

function jsonFrame(text: string): Frame | undefined {
  try {
    return frameFromJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isSame(one: Frame | undefined, other: Frame): boolean {
  return (
    one !== undefined &&
    one.functionName === other.functionName &&
    one.file === other.file &&
    one.line === other.line &&
    one.address === other.address &&
    (one.inlined ?? false) === (other.inlined ?? false) &&
    (one.kind ?? 'normal') === (other.kind ?? 'normal') &&
    (one.certainty ?? 'exact') === (other.certainty ?? 'exact')
  );
}
