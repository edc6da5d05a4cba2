/** A number of at most 15 decimal or 13 hexadecimal digits; -1 for anything else. */
export function parseDigits(text: string, hex: boolean): number {
  const prefixed = text.charCodeAt(0) === 48 && (text.charCodeAt(1) | 32) === 120;
  const radix = hex || prefixed ? 16 : 10;
  const start = prefixed ? 2 : 0;
  const digits = text.length - start;
  if (digits < 1 || digits > (radix === 16 ? 13 : 15)) return -1;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = (code | 32) - 87;
    const digit = code >= 48 && code <= 57 ? code - 48 : letter >= 10 && letter < radix ? letter : -1;
    if (digit < 0) return -1;
    value = value * radix + digit;
  }
  return value;
}

/** A number with a point or a comma, or seconds of a clock; undefined for anything else. */
export function parseTime(text: string): { readonly value: number; readonly isClock: boolean } | undefined {
  const digits = parseDigits(text, false);
  if (digits >= 0) return { value: digits, isClock: false };
  if (/^\d{1,15}(?:[.,]\d{0,15})?(?:e[+-]?\d{1,2})?$/i.test(text)) {
    return { value: Number(text.replace(',', '.')), isClock: false };
  }
  const clock = /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{1,2}):(\d{2}):(\d{2}(?:[.,]\d{1,9})?)Z?$/.exec(text);
  if (!clock) return undefined;
  const day = clock[1] === undefined ? 0 : Date.parse(`${clock[1]}T00:00:00Z`) / 1000;
  const seconds = Number(clock[4]?.replace(',', '.'));
  return { value: day + Number(clock[2]) * 3600 + Number(clock[3]) * 60 + seconds, isClock: true };
}

/** A number with a point or a decimal comma, of a unit: rounded to whole ones. Undefined for whole numbers and anything else. */
export function parseScaled(text: string, scale: number): number | undefined {
  const match = /^\s*(\d{1,12})[.,](\d{1,6})\s*$/.exec(text);
  return match ? Math.round(Number(`${match[1]}.${match[2]}`) * scale) : undefined;
}
