import { TraceFormatError } from '../errors/errors.js';
import type { NearMiss } from './near-miss.js';
import { headText } from './text-bytes.js';

/** A format that came near, and why it refused. */
export interface NearFormat extends NearMiss {
  readonly id: string;
}

interface Looked {
  readonly lines: readonly string[];
  readonly near: readonly NearFormat[];
  readonly subject: string;
}

const MAX_NEAR = 3;
const HEX_BYTES = 16;
const QUOTED_BYTES = 400;

/** The error for an input that no reader takes: quotes its first line (or bytes), says what came near and why it was refused, and what to do. */
export function unknownInput(head: Uint8Array, { lines, near, subject }: Looked): TraceFormatError {
  if (head.length === 0) return notKnown(subject, 'found an empty file', 'look whether the capture wrote anything');
  if (!isText(head)) {
    const start = [...head.subarray(0, HEX_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const packed = PACKED.find(({ magic }) => start.startsWith(magic))?.name;
    const remedy = packed ? `it is packed by ${packed}: unpack it and name the file in it` : `name it: ${SHOW_FORMATS}`;
    return notKnown(subject, `byte 0: found ${start}`, remedy);
  }
  const number = lines.findIndex((line) => line.trim() !== '') + 1;
  // A first line that is longer than what was looked at is none of the whole lines.
  const start = number === 0 ? headText(head.subarray(0, QUOTED_BYTES)) : '';
  const nearest = near.toSorted((a, b) => b.closeness - a.closeness).slice(0, MAX_NEAR);
  const reasons = nearest.map(
    ({ id, line, text, expected }) => `${id}, line ${line} '${quoted(text)}': expected ${expected}`,
  );
  const cameNear = reasons.length > 0 ? `; came near: ${reasons.join('; ')}` : '';
  const first = quoted(lines[number - 1] ?? start);
  return notKnown(
    subject,
    `line ${Math.max(1, number)}: found '${first}'`,
    nearest[0]?.remedy ?? remedyFor(lines, subject),
    cameNear,
  );
}

/** gzip is unpacked before anybody looks. */
const PACKED = [
  { magic: '50 4b 03 04', name: 'zip' },
  { magic: '42 5a 68', name: 'bzip2' },
  { magic: 'fd 37 7a 58 5a', name: 'xz' },
  { magic: '28 b5 2f fd', name: 'zstd' },
  { magic: '37 7a bc af', name: '7-Zip' },
  { magic: '52 61 72 21', name: 'RAR' },
] as const;

const SHOW_FORMATS = '`harvest import FILE --format ...`; `harvest import --list-formats` shows them all';

function notKnown(...[subject, found, remedy, cameNear = '']: [string, string, string, string?]): TraceFormatError {
  const message = `${subject}: ${found}, expected the start of a known trace format${cameNear}`;
  return new TraceFormatError('HH1402', message, { remedy, offset: 0 });
}

/** Whether it reads as text in UTF-8 or UTF-16: no control characters but those of lines and terminals. */
function isText(head: Uint8Array): boolean {
  const wide = head.subarray(0, 2).every((byte) => byte >= 0xfe) || (head.length > 3 && head[1] === 0 && head[3] === 0);
  let odd = 0;
  for (const byte of head.subarray(0, 4096)) {
    const isControl = byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b;
    if ((isControl && !(wide && byte === 0)) || byte === 0x7f) odd++;
  }
  return odd * 50 <= Math.min(head.length, 4096);
}

/** Safe to be shown, and short. */
function quoted(line: string): string {
  const text = line.trim().replace(/[^\x20-\x7e]/g, '?');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A pattern made of the first line that has an address and a number: the command that reads it. */
function remedyFor(lines: readonly string[], subject: string): string {
  const file = /^[\w./-]+$/.test(subject) ? subject : 'FILE';
  const example = lines.find((line) => ADDRESS.test(line) && /(?:^|[^\w.])\d+(?![\w.])/.test(line));
  if (example === undefined || /['\\{}]/.test(example)) {
    return `describe its lines: \`harvest import ${file} --pattern 'alloc: {address} {size} {caller}'\` (one a kind of event); ${SHOW_FORMATS}`;
  }
  const described = patternLike(variedFields(example.trim().slice(0, 200), lines));
  const pattern = lines.some((line) => HEX_SIZE.test(line)) ? described.replace('{size}', '{size:hex}') : described;
  return `if its lines are allocations: \`harvest import ${file} --pattern 'alloc: ${pattern}'\` (one a kind of event); with a line of column names: options.columns 'address=...,size=...'`;
}

/** `size: 1f0`, as TLSF's walk prints it: then `size: 40` is no decimal either. */
const HEX_SIZE = /\bsize\b["']?[=: (]{1,3}(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{2,8}\b/;
const ROWS_COMPARED = 4;
const ADDRESS = /0x[0-9a-f]{4,}/i;

/** Words that other lines of as many words have differently are values: a number that counts the lines, the name of a function. */
function variedFields(line: string, lines: readonly string[]): string {
  const words = line.split(/(\s+)/);
  const rows = lines
    .filter((other) => ADDRESS.test(other))
    .map((other) => other.trim().split(/(\s+)/))
    .filter(({ length }) => length === words.length);
  const [first, ...others] = rows.slice(0, ROWS_COMPARED);
  if (!first || others.length === 0) return quoted(line);
  return quoted(
    words
      .map((word, i) => {
        const varies = rows.some((row) => row[i] !== word);
        if (!varies || word.includes('=') || ADDRESS.test(word)) return word;
        const counts = others.every((row, n) => Number(row[i]) === Number(first[i]) + n + 1);
        if (/^\d+$/.test(word)) return counts ? '{any}' : word;
        if (/^[A-Za-z_][\w:]*\(\)$/.test(word)) return '{function}';
        return /\d/.test(word) ? word : '{any}';
      })
      .join(''),
  );
}

/** Where the size of a block stands: said by a word, or behind its address, or else the first number. */
const SIZES = [
  /(\b(?:size|bytes|len(?:gth)?|sz|n)\b["']?[=: (]{1,3})\d+(?![\w.])/i,
  /(^|[^\w.,])\d+(?= ?(?:bytes|B)\b)/i,
  /(\{address\}.*?[^\w.])\d+(?![\w.])/,
  /(^|[^\w.=#])\d+(?![\w.=])/,
];

/** A caller that is named so may stand before the block. */
const CALLER = /(\b(?:caller|callsite|lr|ra|pc|c)[=: (]{1,3})0x[0-9a-f]{4,}/i;
const PLACE = /\b[\w.-]{1,40}\.(?:c|cc|cpp|cxx|h|hpp|rs|ino):\d{1,6}\b/i;

/** The line with its values as fields: what differs from line to line must not stand in a pattern. */
function patternLike(line: string): string {
  const called = line.replace(CALLER, '$1{caller}').replace(PLACE, '{file}:{line}');
  const addressed = (ADDRESS.test(called) ? called : line).replace(/0x[0-9a-f]{4,}/i, '{address}');
  const size = SIZES.find((pattern) => pattern.test(addressed));
  return (size ? addressed.replace(size, '$1{size}') : addressed)
    .replace(/0x[0-9a-f]{4,}/i, addressed.includes('{caller}') ? '{any}' : '{caller}')
    .replace(/\b(task|thread)([=: ]+)[\w./-]+/i, '$1$2{task}')
    .replace(/\b(file)([=: ]+)[\w./-]+/i, '$1$2{file}')
    .replace(/\b(line)([=: ]+)\d+/i, '$1$2{line}')
    .replace(/\b(by|from|in|caller)([=: ]+)\{any\}/i, '$1$2{function}')
    .replace(/0x[0-9a-f]+/gi, '{any}')
    .replace(/(^|[^\w{])\d+(?!\w)/g, '$1{any}');
}
