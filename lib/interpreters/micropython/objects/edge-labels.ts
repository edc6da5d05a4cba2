import type { Bytes } from '../../../base/units.js';
import type { BlockRole } from './block-roles.js';
import type { GcBlocks } from './gc-blocks.js';
import type { ObjectKeys } from './object-keys.js';
import { memberAt, memberOf, type ObjectLayout } from './object-layout.js';

/** What stands behind the last member of a kind, word after word: where it begins, and what it is called. */
const TAILS: Readonly<Record<string, { readonly after: string; readonly name: string }>> = {
  tuple: { after: 'len', name: '' },
  attrtuple: { after: 'len', name: '' },
  closure: { after: 'n_closed', name: '.closed' },
  instance: { after: 'members.table', name: '.subobj' },
  fun_bc: { after: 'bytecode', name: '.defaults' },
  gen_wrap: { after: 'bytecode', name: '.defaults' },
};
/** Members that are storage of the object itself: the name of what is in it comes next. */
const STORED = new Set([
  'list.items',
  'dict.map.table',
  'ordereddict.map.table',
  'set.set.table',
  'frozenset.set.table',
  'instance.members.table',
]);
const SLOTS: readonly (readonly [path: string, label: string])[] = [
  ['slot_index_locals_dict', '.__dict__'],
  ['slot_index_parent', '.__bases__'],
];
/** What members are called in the language. */
const SHOWN: Readonly<Record<string, string>> = {
  'module.module.globals': '.__dict__',
  'module.globals': '.__dict__',
  'bound_meth.self': '.__self__',
  'bound_meth.meth': '.__func__',
  'exception.args': '.args',
  'type.locals_dict': '.__dict__',
  'type.parent': '.__bases__',
};

/** Puts the words of blocks into words: what the word at an offset is called. */
export class EdgeLabels {
  constructor(
    private readonly blocks: GcBlocks,
    private readonly layout: ObjectLayout,
    private readonly keys: ObjectKeys,
  ) {}

  /** Empty where the name of what the edge leads to says it all; `+0x8` where nothing tells. */
  async of(block: number, role: BlockRole, offset: Bytes): Promise<string> {
    const { kind, used = 0 } = role;
    const index = offset / 4;
    switch (kind) {
      case 'items':
        return index < used ? `[${index}]` : place(offset);
      case 'words':
        return `[${index}]`;
      case 'table':
        return offset / 8 < used ? await this.entry(block, role, offset) : place(offset);
      case 'set table':
        return index < used ? '{...}' : place(offset);
      case '':
      case 'data':
        return place(offset);
      default:
        return (kind === 'type' ? this.slot(block, offset) : undefined) ?? this.member(kind, offset);
    }
  }

  private async entry(block: number, { isAttributes }: BlockRole, offset: Bytes): Promise<string> {
    const pair = (this.blocks.address[block] ?? 0) + (offset & ~7);
    const word = this.blocks.memory.word(pair) ?? 0;
    const isKey = (offset & 4) === 0;
    const name = isAttributes ? await this.keys.qstr(word) : undefined;
    if (name !== undefined) return isKey ? ` name ${name}` : `.${name}`;
    const key = await this.keys.of(word);
    if (key === undefined) return place(offset);
    return isKey ? ` key ${key}` : `[${key}]`;
  }

  /** Of a class: what is in the slot at an offset, since classes have slots. */
  private slot(block: number, offset: Bytes): string | undefined {
    const slots = memberOf(this.layout, 'type', 'slots');
    if (slots === undefined || offset < slots) return undefined;
    const at = this.blocks.address[block] ?? 0;
    for (const [path, label] of SLOTS) {
      const index = memberOf(this.layout, 'type', path);
      const number = index === undefined ? undefined : this.blocks.memory.bytes(at + index, 1)?.[0];
      if (number === (offset - slots) / 4 + 1) return label;
    }
    return place(offset);
  }

  private member(kind: string, offset: Bytes): string {
    const path = memberAt(this.layout, kind, offset);
    const full = `${kind}.${path}`;
    if (STORED.has(full)) return '';
    const shown = SHOWN[full];
    if (shown !== undefined) return shown;
    const tail = TAILS[kind];
    const after = tail && memberOf(this.layout, kind, tail.after);
    if (tail && after !== undefined && offset > after && path === '')
      return `${tail.name}[${(offset - after - 4) / 4}]`;
    if (kind === 'gen_instance') return this.local(offset, path);
    return path === '' ? place(offset) : `.${path}`;
  }

  /** The locals and temporaries of a generator, behind the members of its state. */
  private local(offset: Bytes, path: string): string {
    const first = memberOf(this.layout, 'gen_instance', 'code_state.old_globals');
    if (first === undefined || offset <= first) return path === '' ? place(offset) : `.${path}`;
    return `.state[${(offset - first - 4) / 4}]`;
  }
}

function place(offset: Bytes): string {
  return `+0x${offset.toString(16)}`;
}
