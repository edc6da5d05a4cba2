import type { GcVariables } from '../../allocators/gc-area.js';
import { didYouMean } from '../../base/did-you-mean.js';
import type { Milliseconds } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { SymbolError, TargetError, UsageError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { GC_BLOCK_BYTES } from '../../trace/gc-log.js';
import type { CodePoint, HarvestPlan, LogHook } from '../engine.js';

/** The functions that wait at a REPL prompt, first match wins. */
const REPL_FUNCTIONS = ['pyexec_friendly_repl', 'pyexec_event_repl_init', 'pyexec_raw_repl', 'mp_hal_stdin_rx_chr'];
const LOG_FUNCTION = 'gc_log_change';

export interface PlanOptions {
  readonly untilRepl?: boolean;
  /** `SYMBOL` or `FILE:LINE`, each an end condition. */
  readonly until?: readonly string[];
  readonly prompt?: string;
  readonly maxEvents?: number;
  readonly timeoutMs?: Milliseconds;
  readonly maxDepth?: number;
  /** The target runs already, the heap is in use; default false. */
  readonly attached?: boolean;
}

export interface PlanResult {
  readonly plan: HarvestPlan;
  /** What was decided and left out, for people; may be empty. */
  readonly notes: readonly string[];
}

/**
 * What to break on for a LOG_HEAP_ACTIVITY firmware.
 * @throws SymbolError HH1352 (no log function), UsageError HH1104 (an end condition is not in the ELF file), TargetError HH1508
 */
export function makeLogPlan(firmware: Symbolizer, board: Board, options: PlanOptions): PlanResult {
  const stops = stopPoints(firmware, options);
  const hook = logHook(firmware);
  const notes: string[] = [];
  const limit = board.comparators.breakpoints;
  const needed = 1 + stops.length;
  if (needed > limit) {
    throw new TargetError(
      'HH1508',
      `breakpoints: found ${needed} needed (${LOG_FUNCTION} and ${stops.length} end conditions), expected at most ${limit} on ${board.name}`,
      { remedy: 'leave out end conditions' },
    );
  }
  const keepsInit = hook.gcInit !== undefined && needed < limit;
  if (!keepsInit) notes.push(...restartNote(firmware, hook));
  const { gcInit, ...withoutInit } = hook;
  const { prompt, maxEvents, timeoutMs, maxDepth = 128 } = options;
  const plan: HarvestPlan = {
    firmware,
    hook: gcInit && keepsInit ? { ...withoutInit, gcInit } : withoutInit,
    stops,
    maxDepth,
    attached: options.attached ?? false,
    ...(prompt === undefined ? {} : { prompt }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  return { plan, notes };
}

/** How a restart of the heap shows where gc_init is not watched. */
function restartNote(firmware: Symbolizer, hook: LogHook): string[] {
  const why = hook.gcInit
    ? 'no comparator is left'
    : firmware.inlinedInstances('gc_init').length > 0
      ? 'it was inlined'
      : 'the ELF file has none';
  if (hook.variables) return [`gc_init is not watched (${why}): a restart of the heap is told by its allocation table`];
  return [
    `gc_init is not watched (${why}), and the ELF file does not tell where the allocation table is: restarts of the heap do not show`,
  ];
}

function logHook(firmware: Symbolizer): LogHook {
  const log = firmware.symbol(LOG_FUNCTION);
  if (!log) throw noLogFunction(firmware);
  const init = firmware.symbol('gc_init');
  const variables = gcVariables(firmware);
  return {
    type: 'gc-log',
    logFunction: { label: LOG_FUNCTION, address: log.address },
    ...(init ? { gcInit: { label: 'gc_init', address: init.address } } : {}),
    ...(variables ? { variables } : {}),
    blockBytes: GC_BLOCK_BYTES,
  };
}

function noLogFunction(firmware: Symbolizer): SymbolError {
  const inlined = firmware.inlinedInstances(LOG_FUNCTION).length;
  const clones = firmware.symbolsByPrefix(`${LOG_FUNCTION}.`).map((symbol) => symbol.name);
  if (inlined > 0 || clones.length > 0) {
    const how = inlined > 0 ? `inlined ${inlined} times` : `renamed to ${clones.join(', ')}`;
    return new SymbolError('HH1352', `${LOG_FUNCTION}: found it ${how}, expected it out of line`, {
      remedy: 'declare it MP_NOINLINE with __attribute__((optimize("O0"))), or build without LTO',
    });
  }
  const malloc = ['_malloc_r', 'malloc', 'pvPortMalloc', 'heap_caps_malloc', 'gc_alloc'].filter((name) =>
    firmware.symbol(name),
  );
  return new SymbolError(
    'HH1352',
    `${LOG_FUNCTION}: found no such function, expected a firmware built with LOG_HEAP_ACTIVITY`,
    {
      remedy: [
        'CircuitPython: set `#define LOG_HEAP_ACTIVITY 1` in py/gc.c and build with DEBUG=1 (docs/circuitpython.md)',
        malloc.length > 0
          ? `or capture its allocator instead: options.allocator auto (found ${malloc.join(', ')})`
          : '',
      ].join(' '),
    },
  );
}

/** Where the heap's variables are; undefined without debug information. CircuitPython 7/8 and MicroPython 1.19 have no `area`. */
export function gcVariables(firmware: Symbolizer): GcVariables | undefined {
  for (const prefix of ['mem.area.', 'mem.']) {
    try {
      const at = (field: string) => firmware.structFieldOffset('mp_state_ctx', `${prefix}${field}`).address;
      const variables = {
        allocTableStart: at('gc_alloc_table_start'),
        allocTableByteLen: at('gc_alloc_table_byte_len'),
        poolStart: at('gc_pool_start'),
        poolEnd: at('gc_pool_end'),
      };
      const chain = areaChain(firmware);
      return { ...variables, ...(chain ? { chain } : {}) };
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
    }
  }
  return undefined;
}

/** Whether the firmware has a function, out of line, where its REPL waits. */
export function hasReplFunction(firmware: Symbolizer): boolean {
  return REPL_FUNCTIONS.some((name) => firmware.symbol(name) !== undefined);
}

/** Of a firmware whose heap can have several areas (MICROPY_GC_SPLIT_HEAP). */
function areaChain(firmware: Symbolizer): GcVariables['chain'] {
  try {
    const firstArea = firmware.structFieldOffset('mp_state_ctx', 'mem.area').address;
    return { firstArea, next: firmware.structFieldOffset('mp_state_ctx', 'mem.area.next').address };
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/** The addresses where the capture ends. @throws UsageError HH1104 */
export function stopPoints(firmware: Symbolizer, options: PlanOptions): CodePoint[] {
  const stops: CodePoint[] = [];
  if (options.untilRepl) {
    const found = REPL_FUNCTIONS.map((name) => firmware.symbol(name)).find((symbol) => symbol !== undefined);
    if (found) {
      stops.push({ label: found.name, address: found.address });
    } else if (options.prompt === undefined) {
      throw new UsageError('HH1104', `options.untilRepl: found none of ${REPL_FUNCTIONS.join(', ')} in the ELF file`, {
        remedy:
          'name the function that waits for input with options.until SYMBOL, or watch the console with options.prompt',
      });
    }
  }
  for (const text of options.until ?? []) stops.push(stopPoint(firmware, text));
  return stops.filter((stop, i) => stops.findIndex(({ address }) => address === stop.address) === i);
}

function stopPoint(firmware: Symbolizer, text: string): CodePoint {
  const symbol = firmware.symbol(text);
  if (symbol) return { label: text, address: symbol.address };
  const place = /^(.+):(\d+)$/.exec(text);
  const line = place && firmware.lineAddresses(place[1] ?? '', Number(place[2]))[0];
  if (line) return { label: text, address: line.address };
  if (place) {
    const files = firmware.sourceFiles();
    throw new UsageError(
      'HH1104',
      `options.until ${text}: found no code at this line${didYouMean(place[1] ?? '', files)}`,
      {
        remedy: 'the file is named as in the debug information: `harvest symbolize ELF ADDRESS` shows how',
      },
    );
  }
  const names = firmware.symbolsByPrefix(text.slice(0, 3)).map(({ name }) => name);
  throw new UsageError(
    'HH1104',
    `options.until ${text}: found no such function in the ELF file${didYouMean(text, names)}`,
  );
}
