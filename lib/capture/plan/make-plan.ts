import type { GcVariables } from '../../allocators/gc-area.js';
import { gcVariables } from '../../allocators/gc-variables.js';
import { didYouMean } from '../../base/did-you-mean.js';
import type { Milliseconds } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { SymbolError, TargetError, UsageError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { GC_BLOCK_BYTES } from '../../trace/gc-log.js';
import type { CodePoint, HarvestPlan, LogHook } from '../engine.js';
import { REPL_FUNCTIONS, replEnds } from './repl-ends.js';
import { resetPoint } from './target-reset.js';

const LOG_FUNCTION = 'gc_log_change';
/** It raises MemoryError, for a heap that is full and for one that is locked (py/runtime.c). */
const REFUSAL_FUNCTION = 'm_malloc_fail';

export interface PlanOptions {
  readonly untilRepl?: boolean;
  /** `SYMBOL` or `FILE:LINE`, each an end condition. */
  readonly until?: readonly string[];
  readonly prompt?: string;
  readonly waitText?: string;
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
  const limit = board.comparators.breakpoints;
  const { stops, notes: endNotes } = stopPoints(firmware, options, (ends) => 1 + ends <= limit);
  const hook = logHook(firmware);
  const needed = 1 + stops.length;
  if (needed > limit) {
    throw new TargetError(
      'HH1508',
      `breakpoints: found ${needed} needed (${LOG_FUNCTION} and ${stops.length} end conditions), expected at most ${limit} on ${board.name}`,
      { remedy: 'leave out end conditions' },
    );
  }
  const watched = watchedPoints(firmware, hook, limit - needed);
  const { prompt, waitText, maxEvents, timeoutMs, maxDepth = 128 } = options;
  const plan: HarvestPlan = {
    firmware,
    hook: { ...hook, ...watched.points },
    stops,
    maxDepth,
    attached: options.attached ?? false,
    ...(prompt === undefined ? {} : { prompt }),
    ...(waitText === undefined ? {} : { waitText }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  return { plan, notes: [...endNotes, ...watched.notes] };
}

type WatchedPoints = Pick<LogHook, 'gcInit' | 'refusal' | 'resetHandler'>;

/** What is watched besides changes of the heap, as far as there are comparators: restarts, then refused requests. */
function watchedPoints(firmware: Symbolizer, hook: LogHook, comparators: number) {
  let left = comparators;
  const notes: string[] = [];
  const take = (point: CodePoint | undefined) => (point && left > 0 && left-- > 0 ? point : undefined);
  const init = initOf(firmware, hook.variables);
  const gcInit = take(init);
  const fail = refusalOf(firmware);
  const refusal = take(fail);
  const resetHandler = gcInit ? undefined : take(resetPoint(firmware));
  if (!gcInit) notes.push(restartNote(firmware, { init, hook, resetHandler }));
  if (fail && !refusal) notes.push(`refused requests are not told: no comparator is left for ${fail.label}`);
  const points: WatchedPoints = {
    ...(gcInit ? { gcInit } : {}),
    ...(refusal ? { refusal } : {}),
    ...(resetHandler ? { resetHandler } : {}),
  };
  return { points, notes };
}

/** Where requests end that the heap refused; undefined where the firmware has no such function, or not as one. */
function refusalOf(firmware: Symbolizer): CodePoint | undefined {
  const clones = firmware.symbolsByPrefix(`${REFUSAL_FUNCTION}.lto_priv`);
  const symbol = firmware.symbol(REFUSAL_FUNCTION) ?? clones[0];
  return symbol?.kind === 'function' ? { label: symbol.name, address: symbol.address } : undefined;
}

interface Unwatched {
  readonly init: CodePoint | undefined;
  readonly hook: LogHook;
  readonly resetHandler: CodePoint | undefined;
}

/** How a restart of the heap shows where gc_init is not watched. */
function restartNote(firmware: Symbolizer, { init, hook, resetHandler }: Unwatched): string {
  const why = init
    ? 'no comparator is left'
    : firmware.inlinedInstances('gc_init').length > 0
      ? 'it was inlined'
      : 'the ELF file has none';
  const reset = resetHandler ? 'the reset handler' : undefined;
  const told = hook.variables ? ['its allocation table', reset] : [reset];
  const signs = told.filter((sign) => sign !== undefined);
  return signs.length > 0
    ? `gc_init is not watched (${why}): a restart of the heap is told by ${signs.join(' and ')}${hook.variables ? '' : ' alone'}`
    : `gc_init is not watched (${why}), nor is the allocation table known: restarts of the heap do not show`;
}

function logHook(firmware: Symbolizer): LogHook {
  const log = firmware.symbol(LOG_FUNCTION);
  if (!log) throw noLogFunction(firmware);
  const variables = gcVariables(firmware);
  return {
    type: 'gc-log',
    logFunction: { label: LOG_FUNCTION, address: log.address },
    ...(variables ? { variables } : {}),
    blockBytes: GC_BLOCK_BYTES,
  };
}

/** Where the heap begins anew: gc_init, or what it calls for the heap's only area; a split heap's other areas are set up by it, too. */
function initOf(firmware: Symbolizer, variables: GcVariables | undefined): CodePoint | undefined {
  const names = variables?.chain || firmware.symbol('gc_add') ? ['gc_init'] : ['gc_init', 'gc_setup_area'];
  const label = names.find((name) => firmware.symbol(name)?.kind === 'function');
  const address = label === undefined ? undefined : firmware.symbol(label)?.address;
  return label === undefined || address === undefined ? undefined : { label, address };
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

export interface StopPoints {
  readonly stops: readonly CodePoint[];
  /** Which end of the REPL is watched, where that is not simply its function; often empty. */
  readonly notes: readonly string[];
}

/** The addresses where the capture ends; `fits` says whether so many can be watched. @throws UsageError HH1104 */
export function stopPoints(firmware: Symbolizer, options: PlanOptions, fits: (ends: number) => boolean): StopPoints {
  const named = (options.until ?? []).map((text) => stopPoint(firmware, text));
  if (!options.untilRepl) return { stops: eachOnce(named), notes: [] };
  const { stops, waits, isInlined } = replEnds(firmware);
  if (stops.length === 0 && options.prompt === undefined) {
    throw new UsageError('HH1104', `options.untilRepl: found none of ${REPL_FUNCTIONS.join(', ')} in the ELF file`, {
      remedy:
        'name the function that waits for input with options.until SYMBOL, or watch the console with options.prompt',
    });
  }
  const ends = eachOnce([...stops, ...named]);
  const all = eachOnce([...ends, ...waits]);
  const isWatched = fits(all.length);
  const [wait] = waits;
  const notes: string[] = [];
  if (isInlined || (wait && isWatched)) {
    const labels = (isWatched ? [...stops, ...waits] : stops).map(({ label }) => label);
    notes.push(`the end of options.untilRepl is ${labels.join(' or ')}`);
  }
  if (wait && !isWatched) notes.push(`${wait.label}, is no end: no breakpoint is left for it`);
  return { stops: isWatched ? all : ends, notes };
}

function eachOnce(points: readonly CodePoint[]): CodePoint[] {
  return points.filter((point, i) => points.findIndex(({ address }) => address === point.address) === i);
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
