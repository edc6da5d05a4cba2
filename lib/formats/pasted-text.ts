/*
 * What a text takes on between the device and the file: pages of the web write signs as entities and put tags around a block, pages, mails and
 * word processors make blanks unbreakable and quotes curly, a serial line that floats gives NULs, and a script that prints what pyserial read writes the
 * bytes of Python.
 *
 *   @ app &lt; 0xc027b0      <pre><code>text</code></pre>      b'text\r\n'
 */

/** What any of this begins with, but for entities and tags. */
const MARKS = ['\0', '\u00a0', '\u2007', '\u202f', '\u200b', '\ufeff', '\u2018', '\u2019', '\u201c', '\u201d'];
const ANY_MARK = new RegExp(`[${MARKS.join('')}]`);
const BLANKS = /[\u00a0\u2007\u202f]/g;
const NOTHING_SHOWN = /[\0\u200b\ufeff]/g;
const QUOTES = /[\u2018\u2019]/g;
const DOUBLE_QUOTES = /[\u201c\u201d]/g;
const ENTITY = /&(?:lt|gt|amp|quot|apos|nbsp|#39|#x27|#160);/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&#x27;': "'",
  '&nbsp;': ' ',
  '&#160;': ' ',
};
const FIRST_TAG = /^\s*</;
const TAGS_BEFORE = /^\s*(?:<(?:pre|code|samp)(?: [^<>]{0,200})?>)+/i;
const TAGS_BEHIND = /(?:<\/(?:pre|code|samp)>|<br ?\/?>)+\s*$/i;

/** Whether lines of this text may need plainText. A search for one character passes over a text faster than one for any of them. */
export function mayBePasted(text: string): boolean {
  return text.includes('&') || text.includes('<') || MARKS.some((mark) => text.includes(mark));
}

/** A line as the device wrote it. */
export function plainText(line: string): string {
  const text = ANY_MARK.test(line) ? withoutMarks(line) : line;
  const untagged = text.includes('<') ? withoutTags(text) : text;
  return untagged.includes('&') ? untagged.replace(ENTITY, (entity) => ENTITIES[entity] ?? entity) : untagged;
}

function withoutMarks(line: string): string {
  return line.replace(BLANKS, ' ').replace(NOTHING_SHOWN, '').replace(QUOTES, "'").replace(DOUBLE_QUOTES, '"');
}

/** They stand at the ends of a line: `<main+12>` in its middle is looked at no further. */
function withoutTags(line: string): string {
  const text = FIRST_TAG.test(line) ? line.replace(TAGS_BEFORE, '') : line;
  return text.trimEnd().endsWith('>') ? text.replace(TAGS_BEHIND, '') : text;
}

const BYTES = /^\s*b(?:'(.*)'|"(.*)")\s*$/;
const BYTE_ESCAPE = /\\(?:x([0-9a-f]{2})|([\\'"tnr]))/g;
const PLAIN: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const MAX_HELD = 4096;

/** Puts the lines together that a script printed as Python bytes, `b'text\r\n'`: one may hold several lines, or a piece of one. */
export class PythonBytes {
  private held = '';

  /** The lines that end in this one; undefined for a line that is no such bytes. */
  lines(line: string): string[] | undefined {
    const match = BYTES.exec(line);
    if (!match) return undefined;
    const text = (match[1] ?? match[2] ?? '').replace(BYTE_ESCAPE, (_, hex: string | undefined, letter = '') =>
      hex === undefined ? (PLAIN[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const lines = (this.held + text).split(/\r*\n/);
    this.held = lines.pop() ?? '';
    if (this.held.length > MAX_HELD) this.held = '';
    return lines;
  }

  /** The line whose end did not come; empty without one. */
  end(): string {
    const { held } = this;
    this.held = '';
    return held;
  }
}
