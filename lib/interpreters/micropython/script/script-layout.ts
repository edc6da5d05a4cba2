import type { Address, Bytes } from '../../../base/units.js';
import type { Symbolizer } from '../../../symbols/symbolizer.js';
import { unlessUnknown } from '../../../symbols/unless-unknown.js';
import { statePlace } from '../state-place.js';
import type { BytecodeForm } from './prelude.js';

/** Where a firmware's interpreter keeps what its frames are made of; offsets in bytes. */
export interface ScriptLayout {
  readonly form: BytecodeForm;
  /** Where the functions begin that run bytecode: the interpreter's loop and its clones. */
  readonly loops: ReadonlySet<Address>;
  /** The types of objects that such a loop runs: functions and generators of bytecode. */
  readonly types: ReadonlySet<Address>;
  /** `previous`: of an interpreter that calls functions without a C call (MICROPY_STACKLESS), whoever called. */
  readonly codeState: { readonly function: Bytes; readonly ip: Bytes; readonly previous: Bytes | undefined };
  readonly function: { readonly bytecode: Bytes; readonly context: Bytes | undefined; readonly sizeBytes: Bytes };
  /** Of 1.19 on, from a function's context: the module's names, or where there is no such table the qstr of the file. */
  readonly constants: { readonly table: Bytes } | { readonly file: Bytes } | undefined;
  readonly pools: PoolLayout;
}

/** The texts of qstrs. */
export interface PoolLayout {
  /** The variable that points to the newest pool. */
  readonly last: Address;
  readonly previous: Bytes;
  readonly before: Bytes;
  readonly texts: Bytes;
  /** What stands before a text: its hash and its length (before 1.19, in front of each text). */
  readonly textHead: Bytes;
}

const LOOP = 'mp_execute_bytecode';
const FUNCTION = 'mp_obj_fun_bc_t';
const TYPES = ['mp_type_fun_bc', 'mp_type_gen_wrap', 'mp_type_coro_wrap'];
/** Any of them is there only where bytecode can be stored. */
const PERSISTENT = ['mp_raw_code_load', 'mp_raw_code_load_file', 'mp_raw_code_load_mem', 'mp_frozen_mpy_content'];

/** Where the interpreter of a firmware keeps its frames; undefined for a firmware without MicroPython, or without its debug information. */
export function scriptLayout(firmware: Symbolizer): ScriptLayout | undefined {
  const loop = firmware.symbol(LOOP);
  if (loop?.kind !== 'function' || firmware.elfFile.addressSize !== 4) return undefined;
  const clones = firmware.symbolsByPrefix(`${LOOP}.`).filter(({ kind }) => kind === 'function');
  const types = TYPES.flatMap((name) => firmware.symbol(name)?.address ?? []);
  // Whoever makes these objects knows their structure; the loop's unit need not, and all units would be gone through for it.
  const maker = firmware.symbol('mp_obj_new_fun_bc')?.address ?? loop.address;
  const field = (type: string, path: string) =>
    offsetOf(firmware, type, { path, at: type === FUNCTION ? maker : loop.address });
  const pools = poolLayout(firmware, field);
  const ip = field('mp_code_state_t', 'ip');
  const of = field('mp_code_state_t', 'fun_bc');
  const bytecode = field(FUNCTION, 'bytecode');
  if (types.length === 0 || !pools || ip === undefined || of === undefined || bytecode === undefined) return undefined;
  const context = field(FUNCTION, 'context');
  const isMiddle = () =>
    field(FUNCTION, 'const_table') !== undefined && field('mp_code_state_t', 'n_state') !== undefined;
  const constants = context === undefined ? undefined : constantsOf(field);
  if (context !== undefined && !constants) return undefined;
  return {
    form: {
      era: context !== undefined ? '1.19' : isMiddle() ? '1.12' : 'before 1.12',
      persistent: PERSISTENT.some((name) => firmware.symbol(name) !== undefined),
    },
    loops: new Set([loop.address, ...clones.map(({ address }) => address)]),
    types: new Set(types),
    codeState: { function: of, ip, previous: field('mp_code_state_t', 'prev') },
    function: { bytecode, context, sizeBytes: Math.max(bytecode, context ?? 0) + 4 },
    constants,
    pools,
  };
}

type Field = (type: string, path: string) => Bytes | undefined;

function constantsOf(field: Field): ScriptLayout['constants'] {
  const table = field('mp_module_context_t', 'constants.qstr_table');
  if (table !== undefined) return { table };
  const file = field('mp_module_context_t', 'constants.source_file');
  return file === undefined ? undefined : { file };
}

/** Where the texts of qstrs are, for a firmware of which nothing else is asked. */
export function poolLayoutOf(firmware: Symbolizer): PoolLayout | undefined {
  const at = firmware.symbol(LOOP)?.address ?? 0;
  return poolLayout(firmware, (type, path) => offsetOf(firmware, type, { path, at }));
}

function poolLayout(firmware: Symbolizer, field: Field): PoolLayout | undefined {
  const last = statePlace(firmware, 'vm.last_pool');
  const [previous, before, texts] = ['prev', 'total_prev_len', 'qstrs'].map((name) => field('qstr_pool_t', name));
  if (last === undefined || previous === undefined || before === undefined || texts === undefined) return undefined;
  // Without a list of lengths each text has its hash and length before it: the usual sizes, one byte each.
  const textHead = field('qstr_pool_t', 'lengths') === undefined ? 2 : 0;
  return { last, previous, before, texts, textHead };
}

function offsetOf(
  firmware: Symbolizer,
  type: string,
  where: { readonly path: string; readonly at: Address },
): Bytes | undefined {
  return unlessUnknown(() => firmware.typeFieldOffset(type, where).address);
}
