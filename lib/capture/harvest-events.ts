import { defined } from '../base/defined.js';
import type { Milliseconds } from '../base/units.js';
import { version } from '../base/version.js';
import type { Board } from '../boards/board.js';
import { TargetError, UsageError } from '../errors/errors.js';
import { architectureOf, refuseArmState, refuseEntries, refuseMachine } from '../firmware/capturable.js';
import { connect } from '../link/server/connect.js';
import type { TargetOptions } from '../link/server/target-options.js';
import { resetModeOf } from '../link/server/target-options.js';
import { captureInRing, makeRing, type RingOptions } from '../ring/ring-options.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { GC_BLOCK_BYTES } from '../trace/gc-log.js';
import { isHeapEvent, type TraceInfo, type TraceRecord } from '../trace/heap-event.js';
import { parseClock, type TargetClock } from './clock/parse-clock.js';
import { type ConsoleLine, ConsoleLines } from './console/console-lines.js';
import { type SerialConsoleOptions, withSerialConsole } from './console/serial-console.js';
import type { TargetConsole } from './console/target-console.js';
import type { HarvestPlan } from './engine.js';
import { firmwareOnBoard } from './firmware-on-board.js';
import type { GraphRequests } from './objects/graph-requests.js';
import { chooseAllocator } from './plan/choose-allocator.js';
import { makeMallocPlan } from './plan/make-malloc-plan.js';
import { makeLogPlan, type PlanResult } from './plan/make-plan.js';
import { replEnds, WAIT_TEXT } from './plan/repl-ends.js';
import { openProbeLine } from './probe-line.js';
import { type EngineOptions, selectEngine } from './select-engine.js';
import { watchedCapture } from './watched-capture.js';

/** What to capture, where, and until when. Everything but the ELF file has a default. */
export interface HarvestOptions extends EngineOptions, TargetOptions, SerialConsoleOptions {
  /** The firmware that the target runs. */
  readonly elf: string;
  /** End where the firmware waits for input at its REPL; the default when no other end is given. */
  readonly untilRepl?: boolean;
  /** End at these functions or `FILE:LINE`s. */
  readonly until?: string | readonly string[];
  /** End when the console shows this text; with `serial`, and where the REPL's function is inlined, the board's prompt by default. */
  readonly prompt?: string;
  /** Lines that are typed at the console, one at each prompt; the capture ends at the prompt after the last. */
  readonly send?: readonly string[];
  /**
   * Follow this allocator instead of the firmware's log function: a profile's name, a path of a profile file, or `auto` to
   * recognise it by the ELF file's symbols.
   */
  readonly allocator?: string;
  /** Further functions to hook, such as `pool_get(_, size)`; with them alone the allocator is `custom`. */
  readonly hooks?: readonly string[];
  /** Read the largest free block around each event (malloc hooks only); default false. */
  readonly captureLargest?: boolean;
  /**
   * A counter of the target's that tells the time of events: `xTickCount@1000`, `0x40028018@25M`, `DWT_CYCCNT@48M`,
   * `SysTick+uwTick@48M`, `icount` (QEMU's instructions). Default: the host's clock, in which the halts of the target and the delays of the link are. Costs a read an event.
   */
  readonly clock?: string;
  /** Read at the end who holds which block (`harvest why`, `harvest leaks --proven`); default true. A ring keeps none of it. */
  readonly objects?: boolean;
  readonly maxEvents?: number;
  readonly timeoutMs?: Milliseconds;
  /** Frames kept of each backtrace; default 128. */
  readonly maxDepth?: number;
  /** Keep so many records only; the records then come all together, at the end. */
  readonly ring?: RingOptions;
  /** Is connected to the target's console, where it has one. */
  readonly console?: TargetConsole;
  /** Asks for object graphs while the capture runs, beside that of the end. @internal */
  readonly graphs?: GraphRequests;
  /** Is told each line of the target's console, with how many events came before it. */
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  readonly signal?: AbortSignal;
}

const DEFAULT_MAX_DEPTH = 128;
/** When the stop was seen here: the halts of the target and the delays of the link are in it. */
const HOST_CLOCK = { kind: 'host', name: 'the clock of the host' } as const;

/** Makes QEMU tell how many instructions it has run; the record itself is not wanted. */
const RECORDS = ['-icount', 'rr=record,rrfile=/dev/null'];

/**
 * Captures the heap events of a firmware: connects (or launches the emulator) on the first `next()`, ends cleanly at the end
 * condition or when `signal` aborts, and always leaves the target without breakpoints. The records are those of a trace, in
 * order; `collectTrace` makes one of them.
 *
 * @throws UsageError, BoardConfigError, SymbolError before anything is started; TargetError, GdbError when the target refuses;
 * DeviceLostError when the link breaks, after all records so far were yielded.
 * @example for await (const record of harvestEvents({ elf: 'firmware.elf', board: 'metro_m0_express' })) console.log(record.kind);
 */
export async function* harvestEvents(options: HarvestOptions): AsyncGenerator<TraceRecord> {
  const { ring, maxDepth = DEFAULT_MAX_DEPTH, captureLargest = false } = options;
  const records = captureEvents(options);
  if (ring === undefined) yield* records;
  else yield* captureInRing(records, makeRing(ring, { maxDepth, captureLargest }));
}

async function* captureEvents(options: HarvestOptions): AsyncGenerator<TraceRecord> {
  const { board, firmware, notes: fitNotes } = await firmwareOnBoard(options.elf, options);
  refuseMachine(firmware, options.elf);
  const architecture = architectureOf(firmware, options.elf);
  const ends = endConditions(options, board, firmware);
  const { plan: untimed, notes, heap } = await planOf(firmware, board, ends);
  const clock = clockOf(options, firmware);
  const objects = options.objects === false || options.ring ? undefined : { memory: board.memory };
  const graphs = objects && options.graphs;
  const plan: HarvestPlan = {
    ...untimed,
    ...defined({ clock, objects, graphs, isFollowed: options.graphs && true }),
  };
  refuseArmState(firmware, breakpointsOf(plan), options.elf);
  refuseEntries(firmware, entriesOf(plan), options.elf);
  const engine = await selectEngine(options, architecture);
  const startedAtWallMs = Date.now();
  const openLine = (path: string) => openProbeLine(path, options.signal);
  const qemuArgs = [...(options.qemuArgs ?? []), ...(clock?.kind === 'instructions' ? RECORDS : [])];
  const open = () => connect(board, { ...options, qemuArgs, elf: options.elf, openLine });
  await using target = await withSerialConsole(open, board, options);
  options.console?.attach(target);
  let events = 0;
  // An engine may still be looking at events that came before a line.
  const captured = () => Math.max(events, engine.captured?.events ?? 0);
  const lines = new ConsoleLines((text) => options.onConsoleLine?.({ text, afterEvents: captured() }));
  const capture = watchedCapture(engine, target, plan, {
    onText: (text) => lines.push(text),
    signal: options.signal ?? new AbortController().signal,
    console: options.console,
    send: options.send ?? [],
  });
  // The first record comes when the engine is connected: what fails before gives an error and no records.
  let next = await capture.next();
  const elf = { path: options.elf, ...(firmware.buildId === undefined ? {} : { buildId: firmware.buildId }) };
  const about = { board: board.name, elf, startedAtWallMs, toolVersion: version };
  const whose = clock ? ({ kind: 'target', name: clock.name } as const) : HOST_CLOCK;
  yield { kind: 'info', info: { ...about, ...heap, clock: whose } };
  for (const text of target.notes ?? []) yield { kind: 'note', code: 'server', text };
  for (const text of [...fitNotes, ...notes, ...ends.notes]) yield { kind: 'note', code: 'plan', text };
  let firstEventAt: number | undefined;
  try {
    for (; !next.done; next = await capture.next()) {
      if (isHeapEvent(next.value)) {
        firstEventAt ??= engine.captured?.firstAtMs ?? Date.now();
        events++;
        options.console?.signOfLife();
      }
      yield next.value;
    }
  } finally {
    options.graphs?.close();
    options.console?.detach();
    await capture.return(undefined);
    lines.end();
  }
  yield { kind: 'info', info: { durationMs: firstEventAt === undefined ? 0 : Date.now() - firstEventAt } };
}

/** @throws UsageError HH1371 to HH1374 */
function clockOf({ clock, oneWrite }: HarvestOptions, firmware: Symbolizer): TargetClock | undefined {
  if (clock === undefined) return undefined;
  if (oneWrite) {
    throw new UsageError(
      'HH1374',
      `options.clock ${clock}: found options.oneWrite beside it, expected one of the two`,
      {
        remedy: 'leave options.oneWrite out: the counter is read while the target is halted',
      },
    );
  }
  return parseClock(clock, firmware);
}

interface ChosenPlan extends PlanResult {
  /** What the sizes of the events mean. */
  readonly heap: Pick<TraceInfo, 'sizeKind' | 'unitBytes'> & { readonly allocator: string };
}

async function planOf(firmware: Symbolizer, board: Board, options: EndConditions): Promise<ChosenPlan> {
  const { hooks = [], captureLargest = false } = options;
  const allocator = options.allocator ?? (hooks.length > 0 ? 'custom' : undefined);
  if (allocator === undefined) {
    if (captureLargest) {
      throw new TargetError(
        'HH1521',
        'options.captureLargest: found the log function to follow, expected an allocator',
        {
          remedy: 'add options.allocator auto: the free list is read through the allocator profile',
        },
      );
    }
    const heap = { sizeKind: 'block', unitBytes: GC_BLOCK_BYTES, allocator: 'gc' } as const;
    return { ...makeLogPlan(firmware, board, options), heap };
  }
  const { profile, notes } = await chooseAllocator(firmware, allocator, hooks);
  const made = makeMallocPlan(firmware, board, profile, { ...options, captureLargest });
  // The sizes of a heap of blocks are what they occupy; what was asked for stands beside it.
  const sizeKind = profile.heap?.walker === 'gc' ? 'block' : 'requested';
  const heap = { sizeKind, unitBytes: profile.unitBytes, allocator: profile.name } as const;
  return { plan: made.plan, notes: [...notes, ...made.notes], heap };
}

/** The functions that a plan breaks on. */
function breakpointsOf({ hook, stops }: HarvestPlan) {
  const hooked =
    hook.type === 'malloc' ? hook.calls.map(({ name, address }) => ({ label: name, address })) : [hook.logFunction];
  return [...hooked, ...stops];
}

/** Those whose arguments are looked at. */
function entriesOf({ hook }: HarvestPlan) {
  if (hook.type !== 'malloc') return [hook.logFunction];
  const calls = hook.calls.filter(({ isTargetReset }) => !isTargetReset);
  return calls.map(({ name, address }) => ({ label: name, address }));
}

interface EndConditions extends Omit<HarvestOptions, 'until'> {
  readonly until: readonly string[];
  /** The target is not reset: its heap is in use already. */
  readonly attached: boolean;
  /** The text behind which the firmware waits for a key before its REPL; absent where no console shows it. */
  readonly waitText?: string;
  /** Which end is watched, where that is not what was asked for. */
  readonly notes: readonly string[];
}

/** Where the REPL's function is inlined, or lines are typed, the prompt on the console is an end, too. */
function endConditions(options: HarvestOptions, board: Board, firmware: Symbolizer): EndConditions {
  const until = typeof options.until === 'string' ? [options.until] : (options.until ?? []);
  const noOther = until.length === 0 && options.prompt === undefined && options.maxEvents === undefined;
  const untilRepl = options.untilRepl ?? noOther;
  const hasConsole =
    options.serial !== undefined || (board.servers.qemu !== undefined && options.gdbServer === undefined);
  const sends = (options.send ?? []).length > 0;
  const ends = { ...options, until, attached: resetModeOf(options) === 'none', untilRepl: untilRepl && !sends };
  if (!hasConsole || !(untilRepl || sends)) return { ...ends, notes: [] };
  const watched = { ...ends, waitText: WAIT_TEXT };
  const { stops, isInlined } = replEnds(firmware);
  const isUnsure = untilRepl && (stops.length === 0 || isInlined);
  const byPrompt = sends || isUnsure || options.serial !== undefined;
  if (!byPrompt || options.prompt !== undefined) return { ...watched, notes: [] };
  const { prompt } = board.serial;
  const why = isUnsure && stops.length === 0 ? ': the ELF file has no function where the REPL waits' : '';
  const which = untilRepl && !sends && stops.length > 0 ? 'the end is also' : 'the end is';
  const texts = `${which} the prompt ${JSON.stringify(prompt)} on the console`;
  const notes = [sends ? `${texts}, behind what is typed` : `${texts}, or ${JSON.stringify(WAIT_TEXT)}${why}`];
  return { ...watched, prompt, notes };
}
