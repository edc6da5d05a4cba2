import type { Address } from '../../../base/units.js';
import type { QstrTexts } from '../script/qstr-texts.js';
import { type ReadScriptMemory, wordAt } from '../script/script-memory.js';
import { memberOf, type ObjectLayout } from './object-layout.js';

/** What kind of object a type makes. */
export interface ObjectType {
  /** How it is laid out: one of the kinds that the layout knows; empty for one that is known by name only. */
  readonly kind: string;
  /** For people: `list`, `Dog`. */
  readonly name: string;
}

/** Longer ones are no names. */
const MAX_NAME = 64;

/** Tells what the first word of a block says of it. */
export class ObjectTypes {
  private readonly known = new Map<Address, ObjectType | undefined>();
  private readonly typeType: Address | undefined;

  constructor(
    private readonly layout: ObjectLayout,
    private readonly texts: QstrTexts,
    private readonly read: ReadScriptMemory,
    /** Where the functions begin that make the objects of types that scripts define. */
    private readonly makers: { readonly instance: Address | undefined; readonly namedtuple: Address | undefined },
  ) {
    this.typeType = [...layout.typeNames].find(([, name]) => name === 'type')?.[0];
  }

  /** The type that an address is that of; undefined for what is no type. */
  async at(address: Address): Promise<ObjectType | undefined> {
    if (address % 4 !== 0 || address === 0) return undefined;
    if (this.known.has(address)) return this.known.get(address);
    const type = await this.find(address);
    this.known.set(address, type);
    return type;
  }

  private async find(address: Address): Promise<ObjectType | undefined> {
    const named = this.layout.typeNames.get(address);
    if (named !== undefined) return { kind: kindOf(named), name: shownName(named) };
    const first = await this.wordAt(address);
    if (first === undefined || first !== this.typeType) return undefined;
    const qstr = await this.qstrAt(address);
    const name = qstr === undefined ? undefined : await this.texts.of(qstr, this.read);
    if (name === undefined || name === '' || name.length > MAX_NAME) return undefined;
    return { kind: await this.kindOfMade(address), name };
  }

  /** Of a type that is no variable of the firmware: what its maker makes. */
  private async kindOfMade(address: Address): Promise<string> {
    const maker = await this.makerOf(address);
    if (maker === undefined) return '';
    if (maker === this.makers.instance) return 'instance';
    return maker === this.makers.namedtuple ? 'tuple' : '';
  }

  private async makerOf(address: Address): Promise<Address | undefined> {
    const direct = memberOf(this.layout, 'type', 'make_new');
    let at = direct;
    if (at === undefined) {
      const [index, slots] = ['slot_index_make_new', 'slots'].map((path) => memberOf(this.layout, 'type', path));
      if (index === undefined || slots === undefined) return undefined;
      const slot = (await this.read(address + index, 1))?.[0] ?? 0;
      if (slot === 0) return undefined;
      at = slots + 4 * (slot - 1);
    }
    const value = await this.wordAt(address + at);
    return value === undefined ? undefined : value & ~1;
  }

  /** Two bytes since 1.9; wider fields begin with them. */
  private async qstrAt(address: Address): Promise<number | undefined> {
    const offset = memberOf(this.layout, 'type', 'name');
    const bytes = offset === undefined ? undefined : await this.read(address + offset, 2);
    return bytes && (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  }

  private async wordAt(address: Address): Promise<number | undefined> {
    const bytes = await this.read(address, 4);
    return bytes?.length === 4 ? wordAt(bytes, 0) : undefined;
  }
}

function kindOf(name: string): string {
  return /(Error|Exception|Exit|Interrupt|StopIteration|StopAsyncIteration)$/.test(name) ? 'exception' : name;
}

/** What a programmer calls it. */
function shownName(name: string): string {
  const shown: Readonly<Record<string, string>> = {
    fun_bc: 'function',
    gen_wrap: 'generator function',
    gen_instance: 'generator',
    bound_meth: 'bound method',
    NoneType: 'None',
    type: 'class',
  };
  return shown[name] ?? name;
}
