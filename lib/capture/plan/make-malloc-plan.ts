import { gcVariables } from '../../allocators/gc-variables.js';
import type { HeapPlaces, HeapVariable } from '../../allocators/heap-walk.js';
import type { AllocatorProfile } from '../../allocators/load-allocator.js';
import { REGION_FIELDS, REGION_TYPE } from '../../allocators/walkers/multi-heap.js';
import type { Bytes } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { SymbolError, TargetError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { HeapRegion } from '../../trace/heap-event.js';
import type { CodePoint, HarvestPlan, MallocHook } from '../engine.js';
import { findTaskVariable } from '../malloc/call-context.js';
import type { CallHook } from '../malloc/call-hook.js';
import { findHooks } from './allocator-hooks.js';
import { BreakpointBudget } from './breakpoint-budget.js';
import { type PlanOptions, type PlanResult, stopPoints } from './make-plan.js';
import { resetPoint } from './target-reset.js';

export interface MallocPlanOptions extends PlanOptions {
  /** Read the largest free block around each event; default false. */
  readonly captureLargest?: boolean;
}

/**
 * What to break on to follow an allocator, within what the board has of breakpoints.
 * @throws SymbolError HH1361 (the ELF file has none of its functions), UsageError HH1104, TargetError HH1520
 * (too few breakpoints), HH1521 (--capture-largest cannot be had)
 */
export function makeMallocPlan(
  firmware: Symbolizer,
  board: Board,
  profile: AllocatorProfile,
  options: MallocPlanOptions = {},
): PlanResult {
  const found = findHooks(firmware, profile.hooks);
  if (!found.hooks.some(({ kind }) => kind === 'alloc')) throw noFunctions(firmware, profile);
  const limit = board.comparators.breakpoints;
  const { stops, notes } = stopPoints(firmware, options, (ends) =>
    BreakpointBudget.fits(limit, found.hooks.length, ends),
  );
  const heap = heapOf(firmware, profile);
  const hasTables = heap?.places.gc !== undefined;
  const chosen = chooseHooks(found.hooks, { stops, board, hasTables });
  const calls = withReset(firmware, chosen.hooks, (hooks) =>
    BreakpointBudget.fits(limit, hooks, Math.max(stops.length, SLOTS_LEFT)),
  );
  const taskVariable = findTaskVariable(firmware, profile.currentTask);
  const region = regionOf(firmware, profile);
  const captureLargest = options.captureLargest ?? false;
  if (captureLargest && !heap) throw noHeapReader(profile);
  const hook: MallocHook = {
    type: 'malloc',
    profile: profile.name,
    calls,
    breakpointLimit: limit,
    reallocZeroFrees: profile.reallocZero === 'frees',
    unitBytes: profile.unitBytes,
    captureLargest,
    readsTables: hasTables && !hooksAll(profile, chosen.hooks, found.notes),
    unseen: chosen.unseen,
    yielding: chosen.yielding,
    ...(profile.heap?.walker === 'gc' ? { blockBytes: profile.unitBytes } : {}),
    ...(taskVariable ? { taskVariable } : {}),
    ...(region ? { region } : {}),
    ...(heap ? { heap } : {}),
  };
  return { plan: { firmware, ...planOf(hook, stops, options) }, notes: [...found.notes, ...chosen.notes, ...notes] };
}

function planOf(
  hook: MallocHook,
  stops: readonly CodePoint[],
  options: MallocPlanOptions,
): Omit<HarvestPlan, 'firmware'> {
  const { prompt, waitText, maxEvents, timeoutMs, maxDepth = 128 } = options;
  return {
    hook,
    stops,
    maxDepth,
    attached: options.attached ?? false,
    ...(prompt === undefined ? {} : { prompt }),
    ...(waitText === undefined ? {} : { waitText }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** A reset is worth a breakpoint where so many are left beside it: returns of calls need them. */
const SLOTS_LEFT = 2;

/** The hooks, and where the target begins anew: without it the blocks of before would stay alive in the trace. */
function withReset(
  firmware: Symbolizer,
  hooks: readonly CallHook[],
  fits: (hooks: number) => boolean,
): readonly CallHook[] {
  const point = resetPoint(firmware);
  if (!point || !fits(hooks.length + 1) || hooks.some(({ address }) => address === point.address)) return hooks;
  return [...hooks, { name: point.label, address: point.address, kind: 'reset', isTargetReset: true, nests: false }];
}

type FoundHook = CallHook & { readonly coveredBy?: string };

interface HookRoom {
  readonly stops: readonly CodePoint[];
  readonly board: Board;
  /** What a function that is left out does shows in the heap's allocation table. */
  readonly hasTables: boolean;
}

/** Leaves out what another hook sees anyway, then what comes last in the profile, until the rest fits the board. */
function chooseHooks(found: readonly FoundHook[], { stops, board, hasTables }: HookRoom) {
  const names = new Set(found.map(({ name }) => name));
  const own = found.filter(({ coveredBy }) => coveredBy === undefined || !names.has(coveredBy));
  const limit = board.comparators.breakpoints;
  // What another hook sees is worth a breakpoint for what it refuses itself: a calloc whose product overflows.
  const hooks = BreakpointBudget.fits(limit, found.length, stops.length) ? [...found] : own;
  const covered = found.filter((hook) => !hooks.includes(hook));
  const left: FoundHook[] = [];
  const fewest = hasTables ? 1 : 2;
  while (!BreakpointBudget.fits(limit, hooks.length, stops.length) && hooks.length > fewest)
    left.unshift(...hooks.splice(-1));
  // Nothing frees inside of an allocation but another task, or an interrupt.
  const isShort = !BreakpointBudget.fits(limit, hooks.length, stops.length);
  const yielding = isShort ? hooks.filter(({ kind, nests }) => kind === 'free' && !nests) : [];
  if (isShort && (yielding.length === 0 || !BreakpointBudget.fitsInTurns(limit, hooks.length, stops.length))) {
    throw new TargetError(
      'HH1520',
      `breakpoints: found ${hooks.length} hooks and ${stops.length} end conditions, expected at most ${limit} breakpoints on ${board.name}`,
      {
        remedy:
          stops.length > 0
            ? 'leave out end conditions: options.prompt, options.maxEvents and options.timeoutMs need no breakpoint'
            : 'an allocator cannot be followed with so few: let the firmware trace itself (examples/firmware/alloctrace)',
      },
    );
  }
  const notes: string[] = [];
  const unseen: string[] = [];
  for (const hook of covered)
    notes.push(
      `${hook.name} needs no breakpoint: its calls of ${hook.coveredBy} are seen, what it refuses itself is not`,
    );
  for (const hook of left) {
    const why = `${hook.name} is not hooked: ${board.name} has ${limit} breakpoints`;
    if (hasTables)
      notes.push(`${why}; what it does is read from the allocation table at the next stop, without a backtrace`);
    else
      unseen.push(
        `${why}; ${hook.kind === 'alloc' ? 'frees of its blocks show as frees of unknown blocks' : 'what it does is not seen'}`,
      );
  }
  for (const { name } of yielding)
    unseen.push(
      `${name} gives its breakpoint to the return of an allocation while one is under way (${board.name} has ${limit}): what another task or an interrupt frees meanwhile is not seen`,
    );
  if (hooks.length + stops.length + 1 > limit && stops.length > 0) {
    notes.push(
      `${limit} breakpoints: the end condition gives its breakpoint to the return of an allocation while one is under way`,
    );
  }
  return { hooks: hooks.map(withoutCover), notes, unseen, yielding: yielding.map(({ address }) => address) };
}

/** Whether every function of the profile that changes the heap has a breakpoint, and none was inlined anywhere. */
function hooksAll(profile: AllocatorProfile, hooks: readonly CallHook[], notes: readonly string[]): boolean {
  const isHooked = (name: string) => hooks.some((hook) => hook.name === name || hook.name.startsWith(`${name}.`));
  return (
    profile.hooks.every(({ function: name }) => isHooked(name)) &&
    !notes.some((note) => /was inlined .* not seen$/.test(note))
  );
}

function withoutCover({ coveredBy: _, ...hook }: FoundHook): CallHook {
  return hook;
}

function noFunctions(firmware: Symbolizer, profile: AllocatorProfile): SymbolError {
  const wanted = profile.hooks.filter(({ kind }) => kind === 'alloc').map((hook) => hook.function);
  const inlined = wanted.filter((name) => firmware.inlinedInstances(name).length > 0);
  const [found, remedy] =
    wanted.length === 0
      ? ['no hooks in the profile', "name the functions: options.hooks 'my_alloc(size)' options.hooks 'my_free(ptr)'"]
      : inlined.length > 0
        ? [
            `${inlined.join(', ')} inlined everywhere`,
            'build without LTO, mark it noinline, or hook its callers with options.hooks',
          ]
        : [
            'none of its functions',
            'try options.allocator auto; `harvest allocators firmware.elf` shows what the ELF file has',
          ];
  const expected = wanted.length === 0 ? 'a function that allocates' : wanted.join(' or ');
  return new SymbolError('HH1361', `allocator ${profile.name}: ELF file: found ${found}, expected ${expected}`, {
    remedy,
  });
}

function noHeapReader(profile: AllocatorProfile): TargetError {
  return new TargetError(
    'HH1521',
    `options.captureLargest: allocator ${profile.name}: found no reader of its free list, expected one in the profile`,
    { remedy: 'capture without it; `harvest frag` estimates the holes from the events' },
  );
}

function regionOf(firmware: Symbolizer, { bounds, unitBytes }: AllocatorProfile): HeapRegion | undefined {
  const array = variableOf(firmware, bounds.array ?? []);
  if (array && array.sizeBytes > 0) {
    return { name: array.label, baseAddress: array.address, sizeBytes: array.sizeBytes, unitBytes };
  }
  const start = variableOf(firmware, bounds.start ?? []);
  const limit = variableOf(firmware, bounds.limit ?? []);
  if (!start || !limit || limit.address <= start.address) return undefined;
  return { name: 'heap', baseAddress: start.address, sizeBytes: limit.address - start.address, unitBytes };
}

function heapOf(firmware: Symbolizer, { heap, bounds }: AllocatorProfile): MallocHook['heap'] {
  if (!heap) return undefined;
  const variables: Record<string, HeapVariable> = {};
  for (const [role, names] of Object.entries(heap.variables)) {
    // A name that the linker script gave to an address is no variable: what lies there is the heap's own.
    const variable = variableOf(firmware, names, 1);
    if (variable) variables[role] = variable;
  }
  const limit = variableOf(firmware, bounds.limit ?? []);
  const gc = heap.walker === 'gc' ? gcVariables(firmware) : undefined;
  const fields = heap.walker === 'multi-heap' ? regionFields(firmware) : undefined;
  const places: HeapPlaces = {
    variables,
    ...(fields ? { fields } : {}),
    ...(limit ? { limit: limit.address } : {}),
    ...(gc ? { gc } : {}),
  };
  return { walker: heap.walker, places };
}

/** Where ESP-IDF's regions have their fields; without debug information they are where its present versions have them. */
function regionFields(firmware: Symbolizer): HeapPlaces['fields'] {
  const at = firmware.symbol('heap_caps_init')?.address ?? 0;
  const fields: Record<string, number> = {};
  for (const path of REGION_FIELDS) {
    try {
      fields[path] = firmware.typeFieldOffset(REGION_TYPE, { path, at }).address;
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      return undefined;
    }
  }
  return fields;
}

/** The first of these that there is, with so many bytes at least: what a linker script names has none. */
function variableOf(firmware: Symbolizer, names: readonly string[], leastBytes: Bytes = 0): HeapVariable | undefined {
  for (const label of names) {
    const symbol = firmware.symbol(label);
    if (symbol && symbol.kind !== 'function' && symbol.sizeBytes >= leastBytes)
      return { label, address: symbol.address, sizeBytes: symbol.sizeBytes };
  }
  return undefined;
}
