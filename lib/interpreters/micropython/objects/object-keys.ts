import type { QstrTexts } from '../script/qstr-texts.js';
import { type ReadScriptMemory, wordAt } from '../script/script-memory.js';
import { memberOf, type ObjectLayout } from './object-layout.js';
import type { ObjectTypes } from './object-types.js';

const MAX_TEXT = 40;

/** How words hold an interned string: in the low bits 010 as most builds do, or 0110 where floats are words, too (REPR_C). */
export type WordForm = 'A' | 'C';

/** Puts the keys of dictionaries into words. */
export class ObjectKeys {
  constructor(
    private readonly layout: ObjectLayout,
    private readonly parts: { readonly texts: QstrTexts; readonly types: ObjectTypes; readonly read: ReadScriptMemory },
    private readonly form: WordForm,
  ) {}

  /** The interned string that a word is; undefined for another word. */
  async qstr(word: number): Promise<string | undefined> {
    const isQstr = this.form === 'A' ? (word & 7) === 2 : (word & 15) === 6;
    return isQstr ? await this.parts.texts.of(word >>> (this.form === 'A' ? 3 : 4), this.parts.read) : undefined;
  }

  /** As Python writes it: `'cache'`, `5`, `'a text of the he...'`; a key of another type by its name. Undefined for no key. */
  async of(word: number): Promise<string | undefined> {
    // MP_OBJ_NULL and the sentinels of deleted entries.
    if (word <= 8) return undefined;
    if ((word & 1) === 1) return String(word >> 1);
    const text = await this.qstr(word);
    if (text !== undefined) return `'${text}'`;
    const { read, types } = this.parts;
    const first = await read(word, 4);
    const type = first ? await types.at(wordAt(first, 0)) : undefined;
    if (type?.kind === 'str' || type?.kind === 'bytes')
      return await this.textAt(word, type.kind === 'bytes' ? 'b' : '');
    return type?.name ?? '?';
  }

  private async textAt(address: number, prefix: string): Promise<string> {
    const [length, data] = ['len', 'data'].map((path) => memberOf(this.layout, 'str', path));
    if (length === undefined || data === undefined) return 'str';
    const object = await this.parts.read(address, Math.max(length, data) + 4);
    const size = object ? wordAt(object, length) : 0;
    const bytes =
      object && size > 0 ? await this.parts.read(wordAt(object, data), Math.min(size, MAX_TEXT)) : undefined;
    if (!bytes) return 'str';
    const shown = new TextDecoder('utf-8', { fatal: false }).decode(bytes);
    return `${prefix}'${shown}${size > MAX_TEXT ? '...' : ''}'`;
  }
}

/** Tells the form by the keys of the main module's dictionary, which are interned strings; the usual one where it is empty. */
export function wordFormOf(keys: readonly number[]): WordForm {
  const count = (low: number, mask: number) => keys.filter((key) => key > 8 && (key & mask) === low).length;
  return count(6, 15) > count(2, 7) ? 'C' : 'A';
}
