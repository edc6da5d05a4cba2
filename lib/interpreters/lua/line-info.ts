const FILL = 0x7f;
const DELTA = 0x80;
const BACKWARDS = 0x40;

/**
 * The line of an instruction by NodeMCU's packed table: for each run of instructions a step of lines (one, unless bytes with the top bit say
 * otherwise) and how many there are; it ends with 0 or 0x7f. 0 for an instruction that is not in it.
 */
export function packedLine(table: Uint8Array, instruction: number): number {
  let line = 0;
  let next = 0;
  for (let at = 0; at < table.length; ) {
    const first = table[at] ?? 0;
    if (first === 0 || first === FILL) break;
    if ((first & DELTA) === 0) line++;
    else {
      at++;
      let delta = first & 0x3f;
      for (let bits = 6; ((table[at] ?? 0) & DELTA) !== 0 && bits < 32; bits += 7, at++)
        delta += ((table[at] ?? 0) & 0x7f) * 2 ** bits;
      line += (first & BACKWARDS) !== 0 ? -delta : delta + 2;
    }
    next += table[at++] ?? 0;
    if (instruction < next) return line;
  }
  return 0;
}
