import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { CodePoint } from '../engine.js';

/** The functions that wait at a REPL prompt, first match wins. */
export const REPL_FUNCTIONS = [
  'pyexec_friendly_repl',
  'pyexec_event_repl_init',
  'pyexec_raw_repl',
  'mp_hal_stdin_rx_chr',
] as const;

/**
 * CircuitPython's loop behind the end of code.py, which waits for a key before the REPL begins (main.c): it asks first of all whether
 * it shall reload. Displays ask the same while code runs, so that the function alone is no end.
 */
const WAITS_FOR_KEY = { caller: 'run_code_py', callee: 'autoreload_ready' } as const;
/** What CircuitPython shows there, in English. */
export const WAIT_TEXT = 'Press any key to enter the REPL';

/** Where a firmware is that waits at its REPL. */
export interface ReplEnds {
  /** Empty when the ELF file does not tell. */
  readonly stops: readonly CodePoint[];
  /** Where it waits for a key before that: worth a breakpoint where one is left. Empty for most firmwares. */
  readonly waits: readonly CodePoint[];
  /** Whether the function was inlined, so that the stops lie where its code begins. */
  readonly isInlined: boolean;
}

/** Where the REPL waits: the function, else where its code was inlined, else the next function that may wait there. */
export function replEnds(firmware: Symbolizer): ReplEnds {
  const waits = keyWaits(firmware);
  for (const name of REPL_FUNCTIONS) {
    const symbol = firmware.symbol(name);
    if (symbol) return { stops: [{ label: name, address: symbol.address }], waits, isInlined: false };
    const instances = firmware.inlinedInstances(name);
    if (instances.length === 0) continue;
    const stops = instances.map(({ entry, callerName }) => ({
      label: `${name} (inlined in ${callerName})`,
      address: entry,
    }));
    return { stops, waits, isInlined: true };
  }
  return { stops: [], waits, isInlined: false };
}

function keyWaits(firmware: Symbolizer): readonly CodePoint[] {
  if (!firmware.symbol(WAITS_FOR_KEY.callee)) return [];
  const [address] = firmware.returnsInto(WAITS_FOR_KEY);
  return address === undefined ? [] : [{ label: `${WAITS_FOR_KEY.caller}, which waits for a key`, address }];
}
