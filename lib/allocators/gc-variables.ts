import type { Symbolizer } from '../symbols/symbolizer.js';
import { unlessUnknown } from '../symbols/unless-unknown.js';
import type { GcVariables } from './gc-area.js';

/** Where the heap's variables are; undefined without debug information. CircuitPython 7/8 and MicroPython 1.19 have no `area`. */
export function gcVariables(firmware: Symbolizer): GcVariables | undefined {
  return unlessUnknown(() => variablesAt(firmware, 'mem.area.')) ?? unlessUnknown(() => variablesAt(firmware, 'mem.'));
}

function variablesAt(firmware: Symbolizer, prefix: string): GcVariables {
  const at = (field: string) => firmware.structFieldOffset('mp_state_ctx', `${prefix}${field}`).address;
  const variables = {
    allocTableStart: at('gc_alloc_table_start'),
    allocTableByteLen: at('gc_alloc_table_byte_len'),
    poolStart: at('gc_pool_start'),
    poolEnd: at('gc_pool_end'),
  };
  const chain = areaChain(firmware);
  return { ...variables, ...(chain ? { chain } : {}) };
}

/** Of a firmware whose heap can have several areas (MICROPY_GC_SPLIT_HEAP). */
function areaChain(firmware: Symbolizer): GcVariables['chain'] {
  return unlessUnknown(() => {
    const firstArea = firmware.structFieldOffset('mp_state_ctx', 'mem.area').address;
    return { firstArea, next: firmware.structFieldOffset('mp_state_ctx', 'mem.area.next').address };
  });
}
