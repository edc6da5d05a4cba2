const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };
const decoder = new TextDecoder();

/**
 * Decodes the inside of an MI c-string. gdb writes bytes above 127 as octal escapes, whatever their encoding:
 * they are read as UTF-8, and become U+FFFD where they are not.
 */
export function decodeCString(text: string): string {
  if (!text.includes('\\')) return text;
  if (!/\\[0-7]/.test(text)) return text.replace(/\\(.)/g, (_, char: string) => simpleEscape(char));
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      pushUtf8(bytes, text, i);
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(i + 1, i + 4))?.[0];
    if (octal === undefined) {
      i++;
      bytes.push(...new TextEncoder().encode(simpleEscape(text[i] ?? '\\')));
    } else {
      i += octal.length;
      bytes.push(Number.parseInt(octal, 8) & 0xff);
    }
  }
  return decoder.decode(Uint8Array.from(bytes));
}

function pushUtf8(bytes: number[], text: string, at: number): void {
  const code = text.charCodeAt(at);
  if (code < 0x80) bytes.push(code);
  else bytes.push(...new TextEncoder().encode(text[at] ?? ''));
}

function simpleEscape(char: string): string {
  const code = ESCAPES[char];
  return code === undefined ? char : String.fromCharCode(code);
}

/**
 * Rewrites the escapes of an MI record that gdb-js cannot read (`\a` breaks its grammar, octal bytes its URI decoding):
 * octal runs become the characters they encode, control characters a space.
 */
export function plainEscapes(record: string): string {
  if (!/\\[0-7aev]/.test(record)) return record;
  return record.replace(/\\\\|(?:\\[0-7]{3})+|\\[aev]/g, (found) => {
    if (found === '\\\\') return found;
    if (!/^\\[0-7]/.test(found)) return ' ';
    return decodeCString(found)
      .replace(/["\\]/g, '\\$&')
      .replace(/\p{Cc}/gu, ' ');
  });
}
