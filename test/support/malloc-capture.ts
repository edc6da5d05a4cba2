import { loadBoard } from '../../lib/boards/load-board.js';
import { compareBacktraces } from '../../lib/capture/auto/backtrace-check.js';
import type { Engine } from '../../lib/capture/engine.js';
import { chooseAllocator } from '../../lib/capture/plan/choose-allocator.js';
import { type MallocPlanOptions, makeMallocPlan } from '../../lib/capture/plan/make-malloc-plan.js';
import { functionsOf } from '../../lib/firmware/gdb-backtrace.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Target } from '../../lib/link/server/target.js';
import type { HeapEvent } from '../../lib/trace/heap-event.js';
import type { Trace } from '../../lib/trace/trace.js';
import { backtraceOf, eventAt } from '../../lib/trace/trace.js';
import { cFirmware, referenceLines } from './c-firmware.js';
import { type Captured, capture } from './capture.js';

export interface MallocSetup extends MallocPlanOptions {
  readonly elf: string;
  readonly boardName?: string;
  readonly allocator?: string;
  readonly hooks?: readonly string[];
  /** Instead of the board's own number of breakpoints. */
  readonly breakpoints?: number;
  /** What is put between the engine and the server. */
  readonly through?: (target: Target) => Promise<Target>;
}

export interface MallocCaptured extends Captured {
  readonly notes: readonly string[];
}

/** Follows the allocator of a firmware in the board's emulator. */
export async function captureMalloc(engine: Engine, setup: MallocSetup): Promise<MallocCaptured> {
  const loaded = await loadBoard(setup.boardName ?? 'qemu-mps2-an385');
  const comparators = { ...loaded.comparators, breakpoints: setup.breakpoints ?? loaded.comparators.breakpoints };
  const board = { ...loaded, comparators };
  const image = await loadFirmware(setup.elf, board);
  const { profile, notes } = await chooseAllocator(image, setup.allocator ?? 'auto', setup.hooks);
  const made = makeMallocPlan(image, board, profile, setup);
  await using target = await connect(board, { elf: setup.elf });
  target.lost.catch(() => undefined);
  if (target.console) drain(target.console).catch(() => undefined);
  const signal = AbortSignal.timeout(120_000);
  const reached = (await setup.through?.(target)) ?? target;
  const captured = await capture(engine, { target: reached, plan: made.plan, signal });
  return { ...captured, notes: [...notes, ...made.notes] };
}

async function drain(console: AsyncIterable<string>): Promise<void> {
  for await (const _ of console);
}

/** What a firmware prints when it is done. */
const DONE = { sqlite: 'sqlite> ', tasks: 'tasks done' } as const;

/** What the wrapped allocator of a variant tells of itself without a debugger, as {@link referenceForm} writes it. */
export async function referenceEvents(
  name: keyof typeof DONE,
  variables: Readonly<Record<string, string | number>>,
  boardName?: string,
): Promise<string[]> {
  return eventForm(await referenceLines(cFirmware(name, { ...variables, REFERENCE: 1 }), DONE[name], boardName));
}

/** Events in a form that the reference build's lines can be brought into as well: `20010008 24`, `free 20010008`. */
export function referenceForm(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => textOf(eventAt(trace, seq)));
}

function textOf(event: HeapEvent): string {
  switch (event.kind) {
    case 'alloc':
      return `${hex(event.address)} ${event.sizeBytes}`;
    case 'free':
    case 'sweep':
      return `free ${hex(event.address)}`;
    case 'realloc':
      return `${hex(event.fromAddress)} -> ${hex(event.address)} ${event.sizeBytes}`;
    case 'existing':
      return `existing ${hex(event.address)} ${event.sizeBytes}`;
    case 'failed':
      return `failed ${event.fromAddress === undefined ? '' : `${hex(event.fromAddress)} `}${event.sizeBytes}`;
  }
}

/** The reference build's lines in the same form; free(NULL) and `#X` are no events. */
export function eventForm(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [kind = '', first = '', second = '', third = ''] = line.replace(/ @\d$/, '').split(' ');
    const failed = /^0+$/.test(first);
    switch (kind) {
      case '#M':
        return failed ? `failed ${second}` : `${first} ${second}`;
      case '#C':
        return failed ? `failed ${Number(second) * Number(third)}` : `${first} ${Number(second) * Number(third)}`;
      case '#A':
        return failed ? `failed ${third}` : `${first} ${third}`;
      case '#R': {
        const wasNull = /^0+$/.test(second);
        if (failed) return wasNull ? `failed ${third}` : third === '0' ? `free ${second}` : `failed ${second} ${third}`;
        return wasNull ? `${first} ${third}` : `${second} -> ${first} ${third}`;
      }
      case '#F':
        return failed ? [] : `free ${first}`;
      default:
        return [];
    }
  });
}

function hex(address: number): string {
  return address.toString(16).padStart(8, '0');
}

/**
 * Where the backtraces of two captures of one run differ; undefined when nowhere. What gdb is known to leave out or to get wrong is no
 * difference (backtrace-check.ts).
 */
export async function firstDifference(ours: Trace, gdbs: Trace, elf: string): Promise<string | undefined> {
  const hasFunction = functionsOf(await loadFirmware(elf));
  if (ours.eventCount !== gdbs.eventCount) return `${ours.eventCount} events against ${gdbs.eventCount}`;
  for (let seq = 0; seq < ours.eventCount; seq++) {
    const events = [textOf(eventAt(ours, seq)), textOf(eventAt(gdbs, seq))];
    if (events[0] !== events[1]) return `event ${seq}: ${events[0]} against ${events[1]}`;
    const stacks = [ours, gdbs].map((trace) => backtraceOf(trace, trace.events.stack[seq] ?? -1));
    const comparison = compareBacktraces(stacks[0] ?? [], stacks[1] ?? [], { hasFunction });
    if (comparison.outcome === 'differs')
      return `event ${seq}, frame ${comparison.frame}: ${comparison.ours} against gdb's ${comparison.gdbs}`;
  }
  return undefined;
}
