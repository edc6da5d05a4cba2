import type { GcVariables } from '../../../allocators/gc-area.js';
import { gcVariables } from '../../../allocators/gc-variables.js';
import type { Address, Bytes } from '../../../base/units.js';
import type { Symbolizer } from '../../../symbols/symbolizer.js';
import type { Member } from '../../../symbols/type-walk.js';
import { unlessUnknown } from '../../../symbols/unless-unknown.js';
import { statePlace } from '../state-place.js';

/** Where a firmware's interpreter keeps its heap, what the collector begins with, and how its objects are laid out. */
export interface ObjectLayout {
  readonly heap: GcVariables;
  /** What the collector takes for pointers, from here up to `rootsEnd`. */
  readonly rootsStart: Address;
  readonly rootsEnd: Address;
  readonly stackTop: Address | undefined;
  readonly pystack: { readonly start: Address; readonly current: Address } | undefined;
  readonly lockDepth: Address | undefined;
  /** The variable `mp_state_ctx`: its members in order of offset. */
  readonly state: { readonly address: Address; readonly members: readonly Member[] };
  /** CircuitPython: where it is said where the table is; blocks without a bit in it are not looked into. */
  readonly collectTable: Address | undefined;
  /**
   * Of a firmware with threads: the state that each of them has (`mp_state_thread_t`), its size and where it tells the end of the thread's stack. Other
   * threads' stacks are roots as well, and nobody tells where they are.
   */
  readonly thread: { readonly sizeBytes: Bytes; readonly stackTop: Bytes } | undefined;
  /** By the address of a type that is a variable of the firmware: its name there, `list`. */
  readonly typeNames: ReadonlyMap<Address, string>;
  /** By kind of object: the members of its structure. */
  readonly structs: ReadonlyMap<string, readonly Member[]>;
}

const TYPE_PREFIX = 'mp_type_';
/** The structures of objects, by what their types are called, the first that there is; types that are not here are known by name only. */
const STRUCTS: Readonly<Record<string, string>> = {
  list: 'mp_obj_list_t',
  tuple: 'mp_obj_tuple_t',
  attrtuple: 'mp_obj_tuple_t',
  dict: 'mp_obj_dict_t',
  ordereddict: 'mp_obj_dict_t',
  set: 'mp_obj_set_t',
  frozenset: 'mp_obj_set_t',
  module: 'mp_module_context_t mp_obj_module_t',
  closure: 'mp_obj_closure_t',
  bound_meth: 'mp_obj_bound_meth_t',
  cell: 'mp_obj_cell_t',
  gen_instance: 'mp_obj_gen_instance_t',
  fun_bc: 'mp_obj_fun_bc_t',
  gen_wrap: 'mp_obj_fun_bc_t',
  str: 'mp_obj_str_t',
  bytes: 'mp_obj_str_t',
  bytearray: 'mp_obj_array_t',
  array: 'mp_obj_array_t',
  memoryview: 'mp_obj_array_t',
  property: 'mp_obj_property_t',
  staticmethod: 'mp_obj_static_class_method_t',
  classmethod: 'mp_obj_static_class_method_t',
  exception: 'mp_obj_exception_t',
  instance: 'mp_obj_instance_t',
  type: 'mp_obj_type_t',
  map: 'mp_map_t',
  qstr_pool: 'qstr_pool_t',
};

/** Undefined for a firmware without MicroPython's collected heap, or without its debug information. */
export function objectLayout(firmware: Symbolizer): ObjectLayout | undefined {
  const variable = firmware.symbol('mp_state_ctx');
  const code = firmware.symbol('gc_collect_start') ?? firmware.symbol('gc_alloc');
  if (!variable || code?.kind !== 'function' || firmware.elfFile.addressSize !== 4) return undefined;
  const place = (path: string) => statePlace(firmware, path);
  const heap = gcVariables(firmware);
  const [rootsStart, rootsEnd] = [place('thread.dict_locals'), place('vm.qstr_last_chunk')];
  if (!heap || rootsStart === undefined || rootsEnd === undefined || rootsEnd <= rootsStart) return undefined;
  const [start, current] = [place('thread.pystack_start'), place('thread.pystack_cur')];
  const structs = new Map<string, readonly Member[]>();
  for (const [kind, names] of Object.entries(STRUCTS)) {
    const lists = names.split(' ').map((name) => firmware.typeMembers(name, code.address));
    structs.set(kind, lists.find((members) => members.length > 0) ?? []);
  }
  return {
    heap,
    rootsStart,
    rootsEnd,
    stackTop: place('thread.stack_top'),
    pystack: start === undefined || current === undefined ? undefined : { start, current },
    lockDepth: place('thread.gc_lock_depth') ?? place('mem.gc_lock_depth'),
    state: { address: variable.address, members: firmware.typeMembers('mp_state_ctx_t', code.address) },
    collectTable: place('mem.area.gc_collect_table_start'),
    thread: threadState(firmware),
    typeNames: new Map(
      firmware
        .symbolsByPrefix(TYPE_PREFIX)
        .filter(({ kind }) => kind !== 'function')
        .map(({ name, address }) => [address, name.slice(TYPE_PREFIX.length)]),
    ),
    structs,
  };
}

function threadState(firmware: Symbolizer): ObjectLayout['thread'] {
  if (!firmware.symbol('mp_thread_gc_others')) return undefined;
  const state = unlessUnknown(() => firmware.structFieldOffset('mp_state_ctx', 'thread'));
  const stackTop = statePlace(firmware, 'thread.stack_top');
  return { sizeBytes: state?.sizeBytes ?? 0, stackTop: (stackTop ?? 0) - (state?.address ?? 0) };
}

/** Where a member of the structure of such objects lies; undefined where the firmware has no such member. */
export function memberOf({ structs }: ObjectLayout, kind: string, path: string): Bytes | undefined {
  return membersOf(structs, kind).find((member) => member.path === path)?.offset;
}

/** The path of the member that holds the word at an offset of an object of a kind; empty where there is none. */
export function memberAt({ structs }: ObjectLayout, kind: string, offset: Bytes): string {
  return pathAt(membersOf(structs, kind), offset);
}

/** The path of the member that a place lies in; empty where it lies in none. */
export function pathAt(members: readonly Member[], offset: Bytes): string {
  return members.find((one) => offset >= one.offset && offset < one.offset + one.sizeBytes)?.path ?? '';
}

function membersOf(structs: ObjectLayout['structs'], kind: string): readonly Member[] {
  return structs.get(kind) ?? [];
}
