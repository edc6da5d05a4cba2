import type { MpyCursor } from './mpy-cursor.js';

/*
 * The bytecode of .mpy versions 0 to 4 (MicroPython 1.5.1 to 1.11). A letter an opcode from 0x10 on, up to those that have no argument:
 * b none, q two bytes of an interned string, v a base-128 number, o two bytes of a jump; u unused. Below 0x10 stand the bytes that
 * belong to the instruction before (a cache, a depth): passed over as single bytes, as the loaders of these versions do.
 */
const WITH_SUPER_METHOD =
  'bbbu' + 'vuqv' + 'bvvq' + 'qqqq' + 'bbvv' + 'qqqb' + 'vvqq' + 'uuuu' + 'bbbb' + 'booo' + 'oouu' + 'uobo' + 'obbo';
const FROM_0X48 = 'uuuu' + 'uuuu' + 'vvvv' + 'bvvv' + 'vvvb' + 'bbbu' + 'vvvv' + 'vvvv' + 'qqb';

/** Version 0 had no LOAD_SUPER_METHOD: the loads stood one place higher. */
const VERSION_0 = `${WITH_SUPER_METHOD.slice(0, 8)}buvv${WITH_SUPER_METHOD.slice(12)}bbob${FROM_0X48}`;
const VERSION_3 = `${WITH_SUPER_METHOD}bbob${FROM_0X48}`;
/** POP_EXCEPT_JUMP took the place of two opcodes without arguments. */
const VERSION_4 = `${WITH_SUPER_METHOD}ouob${FROM_0X48}`;

/** The opcodes of one generation, from 0x10 on. */
export type OldOpcodes = string;

/** Where a version is not sure of its opcodes (builds between releases changed them), the likelier first. */
export function opcodesOf(version: number): readonly OldOpcodes[] {
  if (version < 2) return [VERSION_0, VERSION_3];
  return version < 4 ? [VERSION_3, VERSION_4] : [VERSION_4, VERSION_3];
}

export const OLD_STORE_NAME = 0x24;
const FIRST = 0x10;
const RAISE_VARARGS = 0x5c;
const MAKE_CLOSURE = 0x62;
const MAKE_CLOSURE_DEFARGS = 0x63;

export type OldArgument = 'none' | 'qstr' | 'uint' | 'offset';

/** How an opcode's argument is written. */
export function oldArgumentOf(opcode: number, opcodes: OldOpcodes): OldArgument {
  switch (opcodes[opcode - FIRST]) {
    case 'q':
      return 'qstr';
    case 'v':
      return 'uint';
    case 'o':
      return 'offset';
    default:
      return 'none';
  }
}

/** Whether one more byte follows the argument. */
export function oldHasExtraByte(opcode: number): boolean {
  return opcode === RAISE_VARARGS || opcode === MAKE_CLOSURE || opcode === MAKE_CLOSURE_DEFARGS;
}

/** What stands before the instructions in versions 0 to 4. */
export interface OldPrelude {
  readonly stateSlots: number;
  readonly scopeFlags: number;
  readonly posArgs: number;
  readonly kwOnlyArgs: number;
  readonly defaultArgs: number;
}

/**
 * Reads the prelude and leaves the cursor at the first instruction.
 *
 *     n_state n_exc_stack  flags pos kwonly defaults  info_size{itself, two names of two bytes, lines}  cells... FF
 */
export function readOldPrelude(cursor: MpyCursor, what = 'a prelude'): OldPrelude {
  const stateSlots = cursor.uint(what);
  cursor.uint(what);
  const [scopeFlags, posArgs, kwOnlyArgs, defaultArgs] = [0, 0, 0, 0].map(() => cursor.byte(what));
  const start = cursor.at;
  const infoBytes = cursor.uint(what);
  const left = infoBytes - (cursor.at - start);
  if (left < 4) throw cursor.bad(start, `${infoBytes} bytes of names and lines`, 'at least two names');
  cursor.take(left, what);
  while (cursor.byte(what) !== 0xff);
  return {
    stateSlots,
    scopeFlags: scopeFlags ?? 0,
    posArgs: posArgs ?? 0,
    kwOnlyArgs: kwOnlyArgs ?? 0,
    defaultArgs: defaultArgs ?? 0,
  };
}
