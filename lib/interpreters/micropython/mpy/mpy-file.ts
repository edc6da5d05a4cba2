/** What a .mpy file holds. Sizes are those in the loader's memory unless a name says otherwise. */
export interface MpyFile {
  readonly version: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  /** Version 6 files with native code must match it: 6.1, 6.2, 6.3. 0 in the versions before. */
  readonly subVersion: number;
  /** By the first byte: `M` or `C`. */
  readonly flavour: 'micropython' | 'circuitpython';
  /** Of the native code; `none` for plain bytecode. */
  readonly architecture: string;
  readonly smallIntBits: number;
  /** Version 6: the table for the whole file. Before: the distinct strings in order of first sight. */
  readonly qstrs: readonly MpyQstr[];
  /** Version 6: the table for the whole file; empty before, where each code has its own. */
  readonly objects: readonly MpyObject[];
  /** The module's own code, with all others below it. */
  readonly code: MpyCode;
  readonly fileBytes: number;
}

/** An interned string. */
export interface MpyQstr {
  readonly text: string;
  /** Every firmware has it: the file holds a number only. False in versions 0 to 3, which write all of them out. */
  readonly isStatic: boolean;
}

/** What a constant of a .mpy file is. */
export type MpyObjectKind =
  | 'str'
  | 'bytes'
  | 'int'
  | 'float'
  | 'complex'
  | 'tuple'
  | 'none'
  | 'false'
  | 'true'
  | 'ellipsis'
  | 'fun-table';

/** A constant that is no small integer and no interned string. */
export interface MpyObject {
  readonly kind: MpyObjectKind;
  /** Of the text or the bytes; the number of characters of a number. */
  readonly dataBytes: number;
  /** The value as text, cut to 60 characters; empty for bytes and tuples. */
  readonly text: string;
  /** Of a tuple; empty for all others. */
  readonly items: readonly MpyObject[];
}

/** What a function of a .mpy file is made of. */
export type MpyCodeKind = 'bytecode' | 'native' | 'viper' | 'asm';
export const MPY_CODE_KINDS: readonly MpyCodeKind[] = ['bytecode', 'native', 'viper', 'asm'];

/** One function, class body, lambda or comprehension, or the module itself. */
export interface MpyCode {
  /** `<module>` for the module; viper and asm functions have no name in the file (empty). */
  readonly name: string;
  readonly kind: MpyCodeKind;
  /** Prelude, names, line numbers and instructions: what is loaded. */
  readonly codeBytes: number;
  /** The instructions alone; machine code for native kinds. */
  readonly instructionBytes: number;
  /** Slots of locals and stack that a call takes; 0 for viper and asm. */
  readonly stateSlots: number;
  /** Positional and keyword-only arguments. Empty names for asm. */
  readonly argNames: readonly string[];
  /** How many arguments have a default, which the function object keeps. */
  readonly defaultArgs: number;
  /** What the code stores by name: module globals or class attributes, distinct, in order. Empty for functions and native code. */
  readonly storedNames: readonly string[];
  /** Versions 0 to 5: constants of this code. */
  readonly objects: readonly MpyObject[];
  readonly children: readonly MpyCode[];
  /** Of viper code with data of its own. */
  readonly rodataBytes: number;
  readonly bssBytes: number;
}

/** The machine kinds by number in the header. */
export const MPY_ARCHITECTURES: readonly string[] = [
  'none',
  'x86',
  'x64',
  'armv6',
  'armv6m',
  'armv7m',
  'armv7em',
  'armv7emsp',
  'armv7emdp',
  'xtensa',
  'xtensawin',
  'rv32imc',
  'rv64imc',
];
