import type { Bytes } from '../../../base/units.js';
import type { MpyCode, MpyFile, MpyObject } from './mpy-file.js';

/** What one function, class or the module itself takes of the heap once it is imported. All rounded up to blocks. */
export interface MpyFunctionCost {
  /** Dotted, `<module>` left out: `Thing.go.inner`. */
  readonly path: string;
  readonly kind: MpyCode['kind'];
  /** Bytecode or machine code with prelude, names and line numbers. */
  readonly codeBytes: Bytes;
  /** The raw code record and the tables of children and constants. */
  readonly tableBytes: Bytes;
  /** Version 5: its constants. */
  readonly objectBytes: Bytes;
  /** Function and class objects that running the module makes. */
  readonly runtimeBytes: Bytes;
  readonly totalBytes: Bytes;
}

/** The estimated heap cost of importing a .mpy file. */
export interface MpyHeapCost {
  readonly functions: readonly MpyFunctionCost[];
  /** The module object, its globals, and the tables and constants that all functions share. */
  readonly module: {
    readonly objectBytes: Bytes;
    readonly globalsBytes: Bytes;
    readonly tableBytes: Bytes;
    readonly constantBytes: Bytes;
  };
  /**
   * Strings that have to be interned unless the firmware has them already: text and pool entry. What the pools grow by for them is in
   * `mostBytes`.
   */
  readonly newQstrs: { readonly count: number; readonly bytes: Bytes };
  /** Code, objects and tables, without the qstrs: what importing takes at least. */
  readonly totalBytes: Bytes;
  /**
   * What importing takes at most: all strings are new, and the tables of strings, their texts and the modules grow by a step each.
   * Under the assumptions; what the module computes when it runs comes on top.
   */
  readonly mostBytes: Bytes;
  /** What the figures rest on, to be shown with them. */
  readonly assumptions: readonly string[];
}

/** The target that would load the file. */
export interface MpyCostOptions {
  /** 4 on 32-bit targets. */
  readonly wordBytes?: number;
  /** Of the garbage collector: 4 words. */
  readonly blockBytes?: Bytes;
}

const ASSUMPTIONS: readonly string[] = [
  'every allocation takes whole blocks of the garbage collector',
  'the file is read into RAM (not run from a read-only file system), and native code lies on the same heap',
  'the module runs once from top to bottom: each function of the module and of its classes is made once',
  'what the module itself computes, imports or assigns is not counted, except the names in its globals',
  'at least: the firmware has all strings, and no table grows; at most: all are new, its last table of strings is full and had 40 entries, and all tables grow by a step',
  'the heap is collected behind the import: what the import needs for a moment is not counted',
  'floats are objects of their own (object representation A), integers above the small range are of the mpz kind',
];

/** The table of strings that follows one of 40 entries. */
const FIRST_TABLE = 80;
const TEXT_CHUNK: Bytes = 128;
/** Of `__file__`. */
const LONGEST_PATH: Bytes = 31;
const MOST_MODULES = 17;

/** Sizes that hash tables grow through (py/map.c): primes above 12. */
const TABLE_SIZES = [
  0, 1, 2, 4, 6, 8, 10, 12, 17, 23, 29, 37, 47, 59, 73, 97, 127, 167, 223, 293, 389, 521, 691, 919, 1223, 1627, 2161,
];

/** Estimates what importing a file takes of the heap, by function, from MicroPython's own structures (docs/formats.md). */
export function mpyHeapCost(file: MpyFile, options: MpyCostOptions = {}): MpyHeapCost {
  const model = new CostModel(file, options.wordBytes ?? 4, options.blockBytes ?? 16);
  const functions: MpyFunctionCost[] = [];
  model.visit(file.code, [], functions, true);
  const module = model.module();
  const qstrs = file.qstrs.filter((qstr) => !qstr.isStatic);
  const newBytes = model.stringGrowth(qstrs.map(({ text }) => utf8Length(text)));
  const own = module.objectBytes + module.globalsBytes + module.tableBytes + module.constantBytes;
  return {
    functions,
    module,
    // Text, NUL, and the pool's pointer, hash and length.
    newQstrs: {
      count: qstrs.length,
      bytes: qstrs.reduce((sum, { text }) => sum + utf8Length(text) + 1 + (options.wordBytes ?? 4) + 2, 0),
    },
    totalBytes: functions.reduce((sum, each) => sum + each.totalBytes, own),
    mostBytes: functions.reduce((sum, each) => sum + each.totalBytes, own) + newBytes + model.moduleTableGrowth(),
    assumptions: ASSUMPTIONS,
  };
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

class CostModel {
  constructor(
    private readonly file: MpyFile,
    private readonly word: number,
    private readonly block: Bytes,
  ) {}

  visit(code: MpyCode, path: readonly string[], into: MpyFunctionCost[], runsAtImport: boolean): void {
    into.push(this.functionCost(code, path, runsAtImport && path.length > 0));
    // Class bodies run when they are defined, functions when they are called.
    const runs = path.length === 0 || (runsAtImport && isClassBody(code));
    for (const child of code.children)
      this.visit(child, [...path, child.name === '' ? `<${child.kind}>` : child.name], into, runs);
  }

  module(): MpyHeapCost['module'] {
    const { word, file } = this;
    const globals = new Set([...file.code.storedNames, '__name__', '__file__']).size;
    const isV6 = file.version === 6;
    // Version 6: module object and the pointers of its two tables; the tables are one allocation.
    const tableBytes = isV6 ? Math.ceil((file.qstrs.length * 2) / word) * word + file.objects.length * word : 0;
    return {
      objectBytes: this.round((isV6 ? 4 : 2) * word),
      globalsBytes: this.dictionary(globals),
      tableBytes: this.round(tableBytes),
      constantBytes: this.objects(file.objects),
    };
  }

  /**
   * py/qstr.c: a new table has twice as many entries as the last one (5 words, then a pointer, a hash and a length each); texts go into
   * chunks of 128 bytes, or of their own length, and what does not fit is left. The module's name and path are strings, too.
   */
  stringGrowth(texts: readonly Bytes[]): Bytes {
    const all = [...texts, LONGEST_PATH, LONGEST_PATH];
    let bytes = 0;
    for (let entries = FIRST_TABLE, room = 0; room < all.length; room += entries, entries *= 2) {
      bytes += this.round(5 * this.word + entries * (this.word + 2));
    }
    const chunks = all.reduce((sum, text) => sum + this.round(Math.max(text + 1, 0)), 0);
    // At worst every chunk is half empty when the next text does not fit.
    return bytes + 2 * chunks + TEXT_CHUNK;
  }

  /** py/map.c: the table of the loaded modules, a pair of words each; the old one is collected. */
  moduleTableGrowth(): Bytes {
    return this.round(MOST_MODULES * 2 * this.word);
  }

  private functionCost(code: MpyCode, path: readonly string[], isMade: boolean): MpyFunctionCost {
    const { word, file } = this;
    const codeBytes = this.round(code.codeBytes) + this.round(code.rodataBytes + code.bssBytes);
    const slots = file.version === 6 ? code.children.length : this.constantSlots(code);
    // The raw code record has four words (kind, data, children or constants, and one more with native code).
    const tableBytes = this.round(4 * word) + this.round(slots * word);
    const objectBytes = this.objects(code.objects);
    const made = this.round((4 + code.defaultArgs) * word) + (isClassBody(code) ? this.classObject(code) : 0);
    const runtimeBytes = isMade ? made : 0;
    return {
      path: path.length === 0 ? '<module>' : path.join('.'),
      kind: code.kind,
      codeBytes,
      tableBytes,
      objectBytes,
      runtimeBytes,
      totalBytes: codeBytes + tableBytes + objectBytes + runtimeBytes,
    };
  }

  /** Version 5: one table of argument names, constants and child codes; native code adds its function table. */
  private constantSlots(code: MpyCode): number {
    if (code.kind === 'asm') return 0;
    const native = code.kind === 'bytecode' ? 0 : 1 + (code.rodataBytes > 0 ? 1 : 0) + (code.bssBytes > 0 ? 1 : 0);
    return code.argNames.length + code.objects.length + code.children.length + native;
  }

  /** The type object with up to eleven slots, its dictionary of attributes and the tuple of bases. */
  private classObject(code: MpyCode): Bytes {
    return this.round(5 * this.word + 11 * this.word) + this.dictionary(code.storedNames.length);
  }

  /** The dictionary object and its table of pairs, as it has grown one name after another. */
  private dictionary(names: number): Bytes {
    const slots = TABLE_SIZES.find((size) => size >= names) ?? names;
    return this.round(4 * this.word) + this.round(slots * 2 * this.word);
  }

  private objects(objects: readonly MpyObject[]): Bytes {
    return objects.reduce((sum, object) => sum + this.object(object), 0);
  }

  private object(object: MpyObject): Bytes {
    const { word } = this;
    switch (object.kind) {
      case 'str':
      case 'bytes':
        return object.dataBytes === 0 ? 0 : this.round(4 * word) + this.round(object.dataBytes + 1);
      case 'int':
        // About 3.33 bits a decimal digit, in 16-bit digits.
        return this.round(4 * word) + this.round(Math.ceil((object.dataBytes * 3.33) / 16) * 2);
      case 'float':
        return this.round(2 * word);
      case 'complex':
        return this.round(3 * word);
      case 'tuple':
        return this.round((2 + object.items.length) * word) + this.objects(object.items);
      default:
        return 0;
    }
  }

  private round(bytes: Bytes): Bytes {
    return Math.ceil(bytes / this.block) * this.block;
  }
}

function isClassBody(code: MpyCode): boolean {
  return code.kind === 'bytecode' && code.storedNames[0] === '__module__' && code.storedNames[1] === '__qualname__';
}
