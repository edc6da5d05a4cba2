import type { Bytes } from '../../../base/units.js';
import type { GcBlocks } from './gc-blocks.js';
import type { GcRoot } from './gc-roots.js';
import { memberOf, type ObjectLayout } from './object-layout.js';
import type { ObjectTypes } from './object-types.js';

/** What a block is. Storage of an object (the items of a list) is what its owner says, whatever its first word looks like. */
export interface BlockRole {
  /** An object's kind, or `items`, `table`, `set table`, `data` for storage; empty for a block of which nothing is known. */
  readonly kind: string;
  /** For people. */
  readonly name: string;
  /** Of `items`: how many are there; of tables: how many entries. */
  readonly used?: number;
  /** Of a table: its entries are attributes. */
  readonly isAttributes?: boolean;
}

const UNKNOWN: BlockRole = { kind: '', name: '' };
/** Storage that objects keep in blocks of their own: by kind, the member that points to it, and how many entries it has. */
const STORAGE: readonly {
  readonly kind: string;
  readonly member: string;
  readonly count?: string;
  readonly role: string;
  readonly name: string;
}[] = [
  { kind: 'list', member: 'items', count: 'len', role: 'items', name: 'list items' },
  { kind: 'dict', member: 'map.table', count: 'map.alloc', role: 'table', name: 'dict table' },
  { kind: 'ordereddict', member: 'map.table', count: 'map.alloc', role: 'table', name: 'dict table' },
  { kind: 'set', member: 'set.table', count: 'set.alloc', role: 'set table', name: 'set table' },
  { kind: 'frozenset', member: 'set.table', count: 'set.alloc', role: 'set table', name: 'set table' },
  { kind: 'instance', member: 'members.table', count: 'members.alloc', role: 'table', name: '' },
  { kind: 'str', member: 'data', role: 'data', name: 'str data' },
  { kind: 'bytes', member: 'data', role: 'data', name: 'bytes data' },
  { kind: 'bytearray', member: 'items', role: 'data', name: 'bytearray data' },
  { kind: 'array', member: 'items', role: 'data', name: 'array data' },
  { kind: 'exception', member: 'traceback_data', role: 'data', name: 'traceback' },
  { kind: 'fun_bc', member: 'bytecode', role: 'data', name: 'bytecode' },
  { kind: 'fun_bc', member: 'child_table', role: 'words', name: 'child functions' },
  { kind: 'module', member: 'constants.qstr_table', role: 'data', name: 'names of a module' },
  { kind: 'module', member: 'constants.obj_table', role: 'words', name: 'constants of a module' },
];
const MAX_POOLS = 256;

/** Tells of each block what it is. Bounded by the number of blocks, whatever they hold. */
export async function blockRoles(
  blocks: GcBlocks,
  roots: readonly GcRoot[],
  { layout, types }: { readonly layout: ObjectLayout; readonly types: ObjectTypes },
): Promise<readonly BlockRole[]> {
  const roles: BlockRole[] = [];
  for (const address of blocks.address) {
    const type = await types.at(blocks.memory.word(address) ?? 0);
    roles.push(type ?? UNKNOWN);
  }
  const claims = new Map<number, BlockRole>();
  const claim = (pointer: number | undefined, role: BlockRole) => {
    const block = pointer === undefined ? -1 : blocks.blockOf(pointer);
    if (block >= 0 && !claims.has(block)) claims.set(block, role);
  };
  for (const { path, value } of roots) {
    if (path?.endsWith('.map.table'))
      claim(value, { kind: 'table', name: 'dict table', used: entriesOf(blocks, value, 8) });
    if (path === 'vm.last_pool') claimPools(blocks, layout, { pool: value, claim });
  }
  // What types say first of those that are variables of the firmware; then what is left of instances, whose types lie in the heap.
  for (const instances of [false, true]) {
    for (const [block, role] of roles.entries()) {
      if ((role.kind === 'instance') !== instances || claims.has(block)) continue;
      claimStorage(blocks, layout, { block, role, claim });
    }
  }
  for (const [block, role] of claims) roles[block] = role;
  return roles;
}

type Claim = (pointer: number | undefined, role: BlockRole) => void;

function claimStorage(
  blocks: GcBlocks,
  layout: ObjectLayout,
  { block, role, claim }: { readonly block: number; readonly role: BlockRole; readonly claim: Claim },
): void {
  const at = blocks.address[block] ?? 0;
  const size = blocks.sizeBytes[block] ?? 0;
  const word = (kind: string, path: string) => {
    const offset = memberOf(layout, kind, path);
    return offset === undefined || offset + 4 > size ? undefined : blocks.memory.word(at + offset);
  };
  const kind = role.kind === 'gen_wrap' ? 'fun_bc' : role.kind;
  for (const storage of STORAGE) {
    if (storage.kind !== kind) continue;
    const pointer = word(kind, storage.member);
    const used = storage.count === undefined ? undefined : word(kind, storage.count);
    const isInstance = kind === 'instance';
    claim(pointer, {
      kind: storage.role,
      name: isInstance ? `attributes of ${role.name}` : storage.name,
      ...(used === undefined ? {} : { used }),
      ...(isInstance ? { isAttributes: true } : {}),
    });
  }
}

/** The interned strings that were made at run time. */
function claimPools(
  blocks: GcBlocks,
  layout: ObjectLayout,
  { pool, claim }: { readonly pool: number; readonly claim: Claim },
): void {
  const seen = new Set<number>();
  for (let at = pool; blocks.blockOf(at) >= 0 && !seen.has(at) && seen.size < MAX_POOLS; ) {
    seen.add(at);
    claim(at, { kind: 'qstr_pool', name: 'names' });
    const word = (path: string) => {
      const offset = memberOf(layout, 'qstr_pool', path);
      return offset === undefined ? undefined : blocks.memory.word(at + offset);
    };
    for (const path of ['hashes', 'lengths']) claim(word(path), { kind: 'data', name: 'names' });
    const end = at + (blocks.sizeBytes[blocks.blockOf(at)] ?? 0);
    const texts =
      Math.max(...['total_prev_len', 'hashes', 'lengths'].map((path) => memberOf(layout, 'qstr_pool', path) ?? 0)) + 4;
    for (let entry = at + texts; entry < end; entry += 4)
      claim(blocks.memory.word(entry), { kind: 'data', name: 'names' });
    at = word('prev') ?? 0;
  }
}

function entriesOf(blocks: GcBlocks, pointer: number, entryBytes: Bytes): number {
  return Math.floor((blocks.sizeBytes[blocks.blockOf(pointer)] ?? 0) / entryBytes);
}
