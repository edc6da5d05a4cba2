import { sanitize } from '../lib/public/command-line.js';

/**
 * A JSON document in which nothing is left that a terminal acts on or that makes a line read otherwise than it is: DEL, the controls of C1,
 * the bidirectional and zero-width ones (JSON itself escapes those of C0). It stands in strings only, so that the document stays the same.
 */
export function safeJson(text: string): string {
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** A text of many lines as a terminal may show it. */
export function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(sanitize).join('\t'))
    .join('\n');
}
