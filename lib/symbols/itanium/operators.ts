/** Tables of the Itanium C++ ABI (5.1.3.1, 5.1.5.2), spelled as GNU binutils spells them. */

export interface OperatorEntry {
  readonly spelling: string;
  /** How many operands it has in an expression; 0 where it has a form of its own. */
  readonly operands: 0 | 1 | 2 | 3;
}

function entries(operands: OperatorEntry['operands'], pairs: string): [string, OperatorEntry][] {
  return pairs
    .split(/\s+/)
    .map((pair) => [pair.slice(0, 2), { spelling: pair.slice(2).replaceAll('~', ' '), operands }]);
}

/** By code. `~` stands for a space in the table's text. */
export const OPERATORS: ReadonlyMap<string, OperatorEntry> = new Map([
  ...entries(1, 'ps+ ng- ad& de* nt! pp++ mm-- awco_await~ tetypeid~ titypeid~ gs:: twthrow~'),
  ...entries(2, 'pl+ mi- ml* dv/ rm% an& or| eo^ aS= pL+= mI-= mL*= dV/= rM%= aN&= oR|= eO^= ls<< rs>> lS<<= rS>>='),
  ...entries(2, 'eq== ne!= lt< gt> le<= ge>= ss<=> aa&& oo|| cm, pm->* pt-> dt. ds.* ix[]'),
  ...entries(3, 'qu?'),
  ...entries(0, 'nwnew nanew[] dldelete dadelete[] cl()'),
  ['co', { spelling: '~', operands: 1 }],
  ['st', { spelling: 'sizeof ', operands: 0 }],
  ['sz', { spelling: 'sizeof ', operands: 1 }],
  ['at', { spelling: 'alignof ', operands: 0 }],
  ['az', { spelling: 'alignof ', operands: 1 }],
  ['nx', { spelling: 'noexcept', operands: 1 }],
]);

/** Operators whose name is a word: `operator new`. */
export const WORD_OPERATORS: ReadonlySet<string> = new Set(['nw', 'na', 'dl', 'da', 'aw']);

export const BUILTIN_TYPES: Readonly<Record<string, string>> = {
  v: 'void',
  w: 'wchar_t',
  b: 'bool',
  c: 'char',
  a: 'signed char',
  h: 'unsigned char',
  s: 'short',
  t: 'unsigned short',
  i: 'int',
  j: 'unsigned int',
  l: 'long',
  m: 'unsigned long',
  x: 'long long',
  y: 'unsigned long long',
  n: '__int128',
  o: 'unsigned __int128',
  f: 'float',
  d: 'double',
  e: 'long double',
  g: '__float128',
  z: '...',
};

/** Behind a `D`. */
export const D_TYPES: Readonly<Record<string, string>> = {
  a: 'auto',
  c: 'decltype(auto)',
  d: 'decimal64',
  e: 'decimal128',
  f: 'decimal32',
  h: 'half',
  i: 'char32_t',
  n: 'decltype(nullptr)',
  s: 'char16_t',
  u: 'char8_t',
};

/** What follows the digits of a number of these types; other types stand before it in parentheses. */
export const LITERAL_SUFFIXES: Readonly<Record<string, string>> = {
  int: '',
  'unsigned int': 'u',
  long: 'l',
  'unsigned long': 'ul',
  'long long': 'll',
  'unsigned long long': 'ull',
};

export interface Abbreviation {
  readonly full: string;
  /** What its constructors are called. */
  readonly base: string;
}

/** Behind an `S`. In full, as gdb and c++filt write them: `std::string` is `std::basic_string<...>`. */
export const ABBREVIATIONS: Readonly<Record<string, Abbreviation>> = {
  a: { full: 'std::allocator', base: 'allocator' },
  b: { full: 'std::basic_string', base: 'basic_string' },
  s: { full: 'std::basic_string<char, std::char_traits<char>, std::allocator<char> >', base: 'basic_string' },
  i: { full: 'std::basic_istream<char, std::char_traits<char> >', base: 'basic_istream' },
  o: { full: 'std::basic_ostream<char, std::char_traits<char> >', base: 'basic_ostream' },
  d: { full: 'std::basic_iostream<char, std::char_traits<char> >', base: 'basic_iostream' },
};

/** What stands before the name of an entity that the compiler made; the entity is a type (`T`) or a name. */
export const SPECIAL_NAMES: Readonly<Record<string, { readonly prefix: string; readonly of: 'type' | 'name' }>> = {
  TV: { prefix: 'vtable for ', of: 'type' },
  TT: { prefix: 'VTT for ', of: 'type' },
  TI: { prefix: 'typeinfo for ', of: 'type' },
  TS: { prefix: 'typeinfo name for ', of: 'type' },
  TF: { prefix: 'typeinfo fn for ', of: 'type' },
  TJ: { prefix: 'java Class for ', of: 'type' },
  TH: { prefix: 'TLS init function for ', of: 'name' },
  TW: { prefix: 'TLS wrapper function for ', of: 'name' },
  GV: { prefix: 'guard variable for ', of: 'name' },
};
