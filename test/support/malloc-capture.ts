import { loadBoard } from '../../lib/boards/load-board.js';
import type { Engine } from '../../lib/harvest/engine.js';
import { loadFirmware } from '../../lib/harvest/firmware-image.js';
import { type MallocPlanOptions, makeMallocPlan } from '../../lib/harvest/make-malloc-plan.js';
import { chooseAllocator } from '../../lib/harvest/malloc/choose-allocator.js';
import { connect } from '../../lib/targets/connect.js';
import type { HeapEvent } from '../../lib/trace/heap-event.js';
import type { Trace } from '../../lib/trace/trace.js';
import { eventAt } from '../../lib/trace/trace.js';
import { type Captured, capture } from './capture.js';

export interface MallocSetup extends MallocPlanOptions {
  readonly elfPath: string;
  readonly boardName?: string;
  readonly allocator?: string;
  readonly hooks?: readonly string[];
  /** Instead of the board's own number of breakpoints. */
  readonly breakpoints?: number;
}

export interface MallocCaptured extends Captured {
  readonly notes: readonly string[];
}

/** Follows the allocator of a firmware in the board's emulator. */
export async function captureMalloc(engine: Engine, setup: MallocSetup): Promise<MallocCaptured> {
  const loaded = await loadBoard(setup.boardName ?? 'qemu-mps2-an385');
  const comparators = { ...loaded.comparators, breakpoints: setup.breakpoints ?? loaded.comparators.breakpoints };
  const board = { ...loaded, comparators };
  const image = await loadFirmware(setup.elfPath, board);
  const { profile, notes } = await chooseAllocator(image, setup.allocator ?? 'auto', setup.hooks);
  const made = makeMallocPlan(image, board, profile, setup);
  await using target = await connect(board, { elfPath: setup.elfPath });
  target.lost.catch(() => undefined);
  if (target.console) drain(target.console).catch(() => undefined);
  const signal = AbortSignal.timeout(120_000);
  const captured = await capture(engine, { target, plan: made.plan, signal });
  return { ...captured, notes: [...notes, ...made.notes] };
}

async function drain(console: AsyncIterable<string>): Promise<void> {
  for await (const _ of console);
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
