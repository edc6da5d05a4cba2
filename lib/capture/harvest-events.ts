import type { Milliseconds } from '../base/units.js';
import { version } from '../base/version.js';
import type { Board } from '../boards/board.js';
import { loadBoard } from '../boards/load-board.js';
import { TargetError } from '../errors/errors.js';
import { loadFirmware } from '../firmware/firmware-image.js';
import { connect } from '../link/server/connect.js';
import type { ServerKind } from '../link/server/target.js';
import { type CaptureRing, captureInRing, makeCaptureRing } from '../ring/capture-ring.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { GC_BLOCK_BYTES } from '../trace/gc-log.js';
import { isHeapEvent, type TraceInfo, type TraceRecord } from '../trace/heap-event.js';
import type { TargetConsole } from './console/target-console.js';
import { chooseAllocator } from './plan/choose-allocator.js';
import { makeMallocPlan } from './plan/make-malloc-plan.js';
import { makeLogPlan, type PlanResult } from './plan/make-plan.js';
import { type EngineOptions, selectEngine } from './select-engine.js';
import { watchedCapture } from './watched-capture.js';

/** What to capture, where, and until when. Everything but the ELF file has a default. */
export interface HarvestOptions extends EngineOptions {
  /** The firmware that the target runs. */
  readonly elf: string;
  /** A board's name, a path of a board file, or a board; default `generic` with `gdbServer`, else `qemu-mps2-an385`. */
  readonly board?: string | Board;
  /** Which of the board's servers. */
  readonly server?: ServerKind;
  /** `HOST:PORT` of a debug server that runs. */
  readonly gdbServer?: string;
  readonly qemuArgs?: readonly string[];
  /** Write the ELF file to the target first; default false. */
  readonly load?: boolean;
  /** Compare the target's code with the ELF file; default true (not for an emulator, which was given the file). */
  readonly verify?: boolean;
  /** Reset the target first; default true. */
  readonly reset?: boolean;
  /** End where the firmware waits for input at its REPL; the default when no other end is given. */
  readonly untilRepl?: boolean;
  /** End at these functions or `FILE:LINE`s. */
  readonly until?: string | readonly string[];
  /** End when the console shows this text. */
  readonly prompt?: string;
  /**
   * Follow this allocator instead of the firmware's log function: a profile's name, a path of a profile file, or `auto` to
   * recognise it by the ELF file's symbols.
   */
  readonly allocator?: string;
  /** Further functions to hook, such as `pool_get(_, size)`; with them alone the allocator is `custom`. */
  readonly hooks?: readonly string[];
  /** Read the largest free block around each event (malloc hooks only); default false. */
  readonly captureLargest?: boolean;
  readonly maxEvents?: number;
  readonly timeoutMs?: Milliseconds;
  /** Frames kept of each backtrace; default 128. */
  readonly maxDepth?: number;
  /** Keep so many records only; the records then come all together, at the end. */
  readonly ring?: CaptureRing;
  /** Is connected to the target's console, where it has one. */
  readonly console?: TargetConsole;
  readonly signal?: AbortSignal;
}

const DEFAULT_MAX_DEPTH = 128;
/** When the stop was seen here: the halts of the target and the delays of the link are in it. */
const HOST_CLOCK = { kind: 'host', name: 'the clock of the host' } as const;

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
  else yield* captureInRing(records, makeCaptureRing(ring, { maxDepth, captureLargest }));
}

async function* captureEvents(options: HarvestOptions): AsyncGenerator<TraceRecord> {
  const board = await boardOf(options);
  const image = await loadFirmware(options.elf, board);
  const { plan, notes, heap } = await planOf(image, board, options);
  const engine = await selectEngine(options);
  const startedAtWallMs = Date.now();
  await using target = await connect(board, { ...options, elfPath: options.elf });
  options.console?.attach(target);
  const capture = watchedCapture(engine, target, plan, {
    signal: options.signal ?? new AbortController().signal,
    console: options.console,
  });
  // The first record comes when the engine is connected: what fails before gives an error and no records.
  let next = await capture.next();
  const elf = { path: options.elf, ...(image.buildId === undefined ? {} : { buildId: image.buildId }) };
  const about = { board: board.name, elf, startedAtWallMs, toolVersion: version, clock: HOST_CLOCK };
  yield { kind: 'info', info: { ...about, ...heap } };
  for (const text of notes) yield { kind: 'note', code: 'plan', text };
  let firstEventAt: number | undefined;
  try {
    for (; !next.done; next = await capture.next()) {
      firstEventAt ??= isHeapEvent(next.value) ? Date.now() : undefined;
      yield next.value;
    }
  } finally {
    options.console?.detach();
    await capture.return(undefined);
  }
  yield { kind: 'info', info: { durationMs: firstEventAt === undefined ? 0 : Date.now() - firstEventAt } };
}

interface ChosenPlan extends PlanResult {
  /** What the sizes of the events mean. */
  readonly heap: Pick<TraceInfo, 'sizeKind' | 'unitBytes'> & { readonly allocator: string };
}

async function planOf(image: Symbolizer, board: Board, options: HarvestOptions): Promise<ChosenPlan> {
  const ends = endConditions(options);
  const { hooks = [], captureLargest = false } = options;
  const allocator = options.allocator ?? (hooks.length > 0 ? 'custom' : undefined);
  if (allocator === undefined) {
    if (captureLargest) {
      throw new TargetError('HH1521', '--capture-largest: found the log function to follow, expected an allocator', {
        remedy: 'add --allocator auto: the free list is read through the allocator profile',
      });
    }
    const heap = { sizeKind: 'block', unitBytes: GC_BLOCK_BYTES, allocator: 'gc' } as const;
    return { ...makeLogPlan(image, board, ends), heap };
  }
  const { profile, notes } = await chooseAllocator(image, allocator, hooks);
  const made = makeMallocPlan(image, board, profile, { ...ends, captureLargest });
  // The sizes of a heap of blocks are what they occupy; what was asked for stands beside it.
  const sizeKind = profile.heap?.walker === 'gc' ? 'block' : 'requested';
  const heap = { sizeKind, unitBytes: profile.unitBytes, allocator: profile.name } as const;
  return { plan: made.plan, notes: [...notes, ...made.notes], heap };
}

async function boardOf(options: HarvestOptions): Promise<Board> {
  if (typeof options.board === 'object') return options.board;
  const fallback = options.gdbServer === undefined ? 'qemu-mps2-an385' : 'generic';
  return loadBoard(options.board ?? fallback);
}

function endConditions(options: HarvestOptions) {
  const until = typeof options.until === 'string' ? [options.until] : (options.until ?? []);
  const noOther = until.length === 0 && options.prompt === undefined && options.maxEvents === undefined;
  return { ...options, until, untilRepl: options.untilRepl ?? noOther };
}
