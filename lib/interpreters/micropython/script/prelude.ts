/**
 * What stands before the bytecode of a MicroPython function. `1.19`: names by the module's table (1.19 and later; CircuitPython 9 on). `1.12`: name
 * and file are qstrs before the line table (1.12 to 1.18; CircuitPython 7 and 8). `before 1.12`: the same behind a longer head.
 */
export type BytecodeEra = '1.19' | '1.12' | 'before 1.12';

/** How a firmware's bytecode is laid out. */
export interface BytecodeForm {
  readonly era: BytecodeEra;
  /** Whether qstrs in preludes before 1.19 are two bytes each, as code that can be stored has them; else they are varints. */
  readonly persistent: boolean;
}

/** Places are counted from where the prelude begins. */
export interface Prelude {
  /** Of 1.19: an index of the module's table; before: a qstr. */
  readonly name: number;
  /** The qstr of the file, where the prelude holds it. */
  readonly file: number | undefined;
  readonly codeStart: number;
  /** The line table. */
  readonly linesFrom: number;
  readonly linesTo: number;
}

/** How much of a prelude is needed to read its head and names; longer ones are no prelude. */
export const MAX_PRELUDE_BYTES = 0x10000;

/** Reads a prelude. `needs`: it is longer than the bytes that were given. Undefined for what is none. */
export function readPrelude(bytes: Uint8Array, form: BytecodeForm): Prelude | { readonly needs: number } | undefined {
  const cursor = new Cursor(bytes);
  const prelude = form.era === 'before 1.12' ? oldPrelude(cursor, form) : prelude112(cursor, form);
  if (cursor.isTooLong) return undefined;
  const end = Math.max(cursor.at, prelude.linesTo);
  if (end > MAX_PRELUDE_BYTES) return undefined;
  return cursor.isShort || end > bytes.length ? { needs: Math.max(end, bytes.length + 1) } : prelude;
}

/** The line of the opcode at `offset` from the start of the code, by the steps of a line table; 1 where the table is empty. */
export function sourceLine(lines: Uint8Array, offset: number, era: BytecodeEra): number {
  let line = 1;
  let left = offset;
  for (let at = 0; at < lines.length; ) {
    const c = lines[at] ?? 0;
    // Before 1.19 the table ends so.
    if (c === 0 && era !== '1.19') break;
    const isLong = (c & 0x80) !== 0;
    const bytes = isLong ? c & 0xf : c & 0x1f;
    const step = isLong ? ((c << 4) & 0x700) | (lines[at + 1] ?? 0) : c >> 5;
    at += isLong ? 2 : 1;
    if (left < bytes) break;
    left -= bytes;
    line += step;
  }
  return line;
}

/** py/bc.h, MP_BC_PRELUDE_SIG_DECODE and MP_BC_PRELUDE_SIZE_DECODE. */
function prelude112(cursor: Cursor, { era, persistent }: BytecodeForm): Prelude {
  let z = cursor.byte();
  let positional = z & 3;
  let keywords = 0;
  for (let n = 0; (z & 0x80) !== 0 && !cursor.isShort; n++) {
    z = cursor.byte();
    positional |= (z & 4) << n;
    keywords |= ((z & 8) >> 3) << n;
  }
  let cells = 0;
  let info = 0;
  for (let n = 0; ; n++) {
    z = cursor.byte();
    cells |= (z & 1) << n;
    info |= ((z & 0x7e) >> 1) << (6 * n);
    if ((z & 0x80) === 0 || cursor.isShort) break;
  }
  const linesTo = cursor.at + info;
  const codeStart = linesTo + cells;
  if (era === '1.19') {
    const name = cursor.varint();
    for (let index = 0; index < positional + keywords && !cursor.isShort; index++) cursor.varint();
    return { name, file: undefined, codeStart, linesFrom: cursor.at, linesTo };
  }
  const name = persistent ? cursor.word() : cursor.varint();
  const file = persistent ? cursor.word() : cursor.varint();
  return { name, file, codeStart: persistent ? codeStart : (codeStart + 3) & ~3, linesFrom: cursor.at, linesTo };
}

/** n_state and n_exc_stack, four bytes, the size of what follows with itself; then cells up to 255, then the code. */
function oldPrelude(cursor: Cursor, { persistent }: BytecodeForm): Prelude {
  cursor.varint();
  cursor.varint();
  cursor.skip(4);
  const from = cursor.at;
  const linesTo = from + cursor.varint();
  const name = persistent ? cursor.word() : cursor.varint();
  const file = persistent ? cursor.word() : cursor.varint();
  // The interpreter counts a line from the end of the information, with the list of cells before the code.
  return { name, file, codeStart: linesTo, linesFrom: cursor.at, linesTo };
}

class Cursor {
  at = 0;
  isShort = false;
  /** A number that no prelude has. */
  isTooLong = false;

  constructor(private readonly bytes: Uint8Array) {}

  byte(): number {
    if (this.at >= this.bytes.length) this.isShort = true;
    return this.bytes[this.at++] ?? 0;
  }

  word(): number {
    return this.byte() | (this.byte() << 8);
  }

  skip(count: number): void {
    this.at += count;
  }

  /** Seven bits a byte, the highest first. */
  varint(): number {
    let value = 0;
    for (let count = 0; count < 5; count++) {
      const byte = this.byte();
      value = value * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) return value;
    }
    this.isTooLong = true;
    return 0;
  }
}
