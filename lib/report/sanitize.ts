/**
 * What can move a cursor, colour a terminal, or make a line read otherwise than it is: the controls of C0 and C1 and DEL (Cc),
 * the bidirectional and zero-width ones (Cf), line and paragraph separators (Zl, Zp), lone surrogates (Cs).
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** Nearly all there is: told much faster. */
const PLAIN = /^[ -~]*$/;

/**
 * Makes a name from a trace or an ELF file safe to print: everything that a terminal could act on is shown as `\x1b` or
 * `\u202e`. Plain text, accents and other scripts stay as they are. For HTML or XML, escape on top of this.
 */
export function sanitize(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
