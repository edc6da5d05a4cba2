/** What stands before the instructions of bytecode and native functions (py/bc.h, same in versions 5 and 6). */
export interface Prelude {
  readonly stateSlots: number;
  readonly scopeFlags: number;
  readonly posArgs: number;
  readonly kwOnlyArgs: number;
  /** How many of the positional arguments have a default. */
  readonly defaultArgs: number;
  /** Bytes of names and line numbers. */
  readonly infoBytes: number;
  /** Bytes of closed-over cells. */
  readonly cellBytes: number;
  /** How long the two numbers are that this was read from. */
  readonly headerBytes: number;
}

const MAX_NUMBER_BYTES = 10;

/**
 * Reads the prelude's two bit-interleaved numbers; undefined when they do not end inside the bytes.
 *
 *     xSSSSEAA [xFSSKAED ...]   state - 1, exception stack, arguments, flags, keyword-only, defaults
 *     xIIIIIIC [...]            bytes of info, bytes of cells
 */
export function readPrelude(bytes: Uint8Array, start: number): Prelude | undefined {
  let at = start;
  let byte = bytes[at++];
  if (byte === undefined) return undefined;
  let state = (byte >> 3) & 15;
  let posArgs = byte & 3;
  let flags = 0;
  let kwOnly = 0;
  let defaults = 0;
  for (let n = 0; byte & 0x80; n++) {
    byte = bytes[at++];
    if (byte === undefined || n > MAX_NUMBER_BYTES) return undefined;
    state |= (byte & 0x30) << (2 * n);
    posArgs |= (byte & 4) << n;
    flags |= ((byte & 0x40) >> 6) << n;
    kwOnly |= ((byte & 8) >> 3) << n;
    defaults |= (byte & 1) << n;
  }
  let info = 0;
  let cells = 0;
  for (let n = 0; ; n++) {
    const size = bytes[at++];
    if (size === undefined || n > MAX_NUMBER_BYTES) return undefined;
    cells |= (size & 1) << n;
    info += ((size & 0x7e) >> 1) * 2 ** (6 * n);
    if ((size & 0x80) === 0) break;
  }
  return {
    stateSlots: state + 1,
    scopeFlags: flags,
    posArgs,
    kwOnlyArgs: kwOnly,
    defaultArgs: defaults,
    infoBytes: info,
    cellBytes: cells,
    headerBytes: at - start,
  };
}

export const STORE_NAME = 0x16;

/** How an instruction's argument is written: by the high half of its byte. */
export function argumentOf(opcode: number): 'none' | 'qstr' | 'uint' | 'offset' {
  const group = opcode >> 4;
  if (group === 1) return 'qstr';
  if (group === 2 || group === 3) return 'uint';
  return group === 4 ? 'offset' : 'none';
}

/** Some instructions (closures, unwinding jumps) have one more byte behind their argument. */
export function hasExtraByte(opcode: number): boolean {
  return (opcode & 0x9e) === 0;
}
