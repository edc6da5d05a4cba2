/**
 * Whether the last line of an input, which has no end, is the beginning of one like the line before it: then a record was cut. What the
 * lines differ in, numbers and addresses, is left out of account.
 */
export function looksCut(last: string, before: string): boolean {
  const [cut, whole] = [formOf(last), formOf(before)];
  return cut.length >= 3 && cut.length < whole.length && whole.startsWith(cut);
}

function formOf(line: string): string {
  return line
    .slice(0, 2000)
    .trim()
    .replace(/0x[0-9a-f]*|\d+/gi, '0')
    .replace(/\s+/g, ' ');
}
