import {
  GC_BLOCK,
  type GcArea,
  type GcHeap,
  parseArea,
  readAllocations,
  readGcHeap,
  sameArea,
  type TargetMemory,
} from '../../allocators/gc-area.js';
import { gcOracle } from '../../allocators/gc-oracle.js';
import type { Address, Blocks } from '../../base/units.js';
import { GcLive, gcRegion } from '../../trace/gc-log.js';
import { EXISTING_BACKTRACE, type HeapRegion, type OracleResult } from '../../trace/heap-event.js';
import type { LogHook } from '../engine.js';
import { oracleOf } from '../last-words.js';
import { chooseArea, settleArea, tableRun } from './area-choice.js';
import type { FollowerStep, LoggedChange, LoggedRefusal } from './follower-step.js';

export interface FollowerOptions {
  /** No change is told after so many. */
  readonly maxEvents?: number | undefined;
  /** The heap is in use already. */
  readonly attached?: boolean | undefined;
}

const NOTHING_SEEN: OracleResult = {
  outcome: 'unavailable',
  detail: 'attached in mid-run, and no event came: the heap could not be read when the capture began',
  differences: [],
};

/**
 * Follows a block heap through the calls of its log function: in which area a block lies (the function tells only its number there), and
 * when the heap began anew without gc_init being seen. What the arguments do not tell is read from the halted target:
 *
 *   several areas         the allocation tables: a block is free before its alloc is done, a head before its free is. Where two areas
 *                         fit, the change waits for the next stop, when only one of them has changed
 *   a restart             the first area's table lies elsewhere; or a block is handed out that the events say is alive, and the
 *                         whole table has nothing of what they say. Where it has the rest, the missing ones died unlogged
 */
export class HeapFollower<T> {
  /** Changes told so far. */
  events = 0;
  heap: GcHeap | undefined;
  private readonly live = new GcLive();
  private held: { readonly change: LoggedChange<T>; readonly areas: readonly GcArea[] } | undefined;
  /** Where the change of the last stop may lie: it may not have reached the table yet. */
  private underWay: readonly Address[] = [];
  private newEpoch = true;
  private atBegin: ReadonlyMap<Address, Blocks> | undefined;
  private seeded = false;
  private saidLate = false;
  private saidAreas = false;
  private readonly regionNames = new Map<Address, string>();

  constructor(
    private readonly hook: LogHook,
    private readonly options: FollowerOptions = {},
  ) {}

  get isFull(): boolean {
    return this.events >= (this.options.maxEvents ?? Number.POSITIVE_INFINITY);
  }

  /** Whether the last change that is wanted has been seen; where it lies may not be known yet. */
  get hasSeenAll(): boolean {
    return this.events + (this.held ? 1 : 0) >= (this.options.maxEvents ?? Number.POSITIVE_INFINITY);
  }

  /** The target is halted, before it runs for the first time: what a heap holds that is in use already. */
  async begin(memory: TargetMemory): Promise<void> {
    if (!this.options.attached) return;
    const heap = await readGcHeap(memory, this.hook.variables).catch(() => undefined);
    if (heap && heap.areas.length > 0) this.atBegin = await readAllocations(memory, heap.areas).catch(() => undefined);
  }

  /** gc_init was entered, or the reset handler: everything is free again. Called once more before an event, it does nothing. */
  async restart(memory: TargetMemory, reason = this.hook.gcInit?.label ?? 'gc_init'): Promise<FollowerStep<T>[]> {
    if (this.newEpoch) return [];
    const steps: FollowerStep<T>[] = [];
    if (this.held) await this.settle(this.held, memory, steps);
    this.newEpoch = true;
    this.live.clear();
    this.underWay = [];
    if (this.events > 0) steps.push({ kind: 'epoch', reason });
    return steps;
  }

  /** The heap refused a request, the target halted. */
  async refused({ requestedBytes, logged }: LoggedRefusal<T>, memory: TargetMemory): Promise<FollowerStep<T>[]> {
    const steps: FollowerStep<T>[] = [];
    if (this.held) await this.settle(this.held, memory, steps);
    if (this.isFull) return steps;
    this.events++;
    steps.push({ kind: 'refused', requestedBytes, logged });
    return steps;
  }

  /** A stop in the log function, the target halted. */
  async at(change: LoggedChange<T>, memory: TargetMemory): Promise<FollowerStep<T>[]> {
    const steps: FollowerStep<T>[] = [];
    const { variables, gcInit } = this.hook;
    if (variables && (this.newEpoch || variables.chain || !gcInit)) await this.readHeap(memory, steps);
    // Without debug information there is nothing to read, and the next gc_init is a restart all the same.
    if (!variables) this.newEpoch = false;
    if (this.held) await this.settle(this.held, memory, steps);
    const areas = this.heap?.areas ?? [];
    if (this.options.attached && !this.seeded) await this.seed(memory, areas, steps);
    const possible = areas.length > 1 ? await chooseArea({ change, areas, live: this.live }, memory) : areas;
    this.underWay = possible.map((area) => addressIn(area, change.block));
    if (areas.length === 0) this.underWay = [change.block * GC_BLOCK];
    if (possible.length > 1) this.held = { change, areas: possible };
    else await this.decide(change, possible[0] ?? areas[0], { memory, steps });
    return steps;
  }

  /** The same without a halted target (one-write mode): of memory there is only what was read with the stop, the first area's variables. */
  atOnce(change: LoggedChange<T>, firstArea: Uint8Array | undefined): FollowerStep<T>[] {
    const steps: FollowerStep<T>[] = [];
    const { variables } = this.hook;
    if (variables && firstArea) {
      const { area, next } = parseArea(firstArea, variables);
      if (next !== 0 && !this.saidAreas) {
        this.saidAreas = true;
        steps.push({ kind: 'gap', reason: 'the heap has several areas, which the one-write mode cannot tell apart' });
      }
      this.follow({ areas: [area] }, steps);
    }
    this.tell(change, this.heap?.areas[0], steps);
    return steps;
  }

  /** The target is halted for the last time. `atEnd`: nothing is under way, it stands outside of the log function. */
  async finish(memory: TargetMemory, atEnd: boolean): Promise<{ steps: FollowerStep<T>[]; oracle: OracleResult }> {
    const steps: FollowerStep<T>[] = [];
    if (this.held && !this.isFull) await this.settle(this.held, memory, steps);
    // An area may have been added since.
    const heap = await readGcHeap(memory, this.hook.variables).catch(() => this.heap);
    if (this.saidLate && heap) await this.reconcile(memory, heap.areas, steps);
    // What was alive before is read with the first event; where none came it is what is alive now.
    if (this.options.attached && !this.seeded) return { steps, oracle: await this.unchanged(memory, heap, steps) };
    const oracle = await gcOracle(memory, this.live.blocks, heap, atEnd ? [] : this.underWay);
    return { steps, oracle: oracleOf(oracle, this.events) };
  }

  /** No event came: the heap must be what it was when the capture began. */
  private async unchanged(
    memory: TargetMemory,
    heap: GcHeap | undefined,
    steps: FollowerStep<T>[],
  ): Promise<OracleResult> {
    this.follow(heap, steps);
    await this.seed(memory, heap?.areas ?? [], steps);
    return this.atBegin ? await gcOracle(memory, this.atBegin, heap) : NOTHING_SEEN;
  }

  /** The first event of a target that runs already: what is alive is in the tables. */
  private async seed(memory: TargetMemory, areas: readonly GcArea[], steps: FollowerStep<T>[]): Promise<void> {
    this.seeded = true;
    const table = areas.length === 0 ? undefined : await readAllocations(memory, areas).catch(() => undefined);
    if (!table) {
      steps.push({
        kind: 'gap',
        reason: 'what was alive before the capture began is not known: the allocation table could not be read',
      });
      return;
    }
    for (const [address, length] of table) {
      this.live.change(address, length);
      steps.push({ kind: 'existing', address, sizeBytes: length * GC_BLOCK, backtrace: EXISTING_BACKTRACE });
    }
  }

  private async readHeap(memory: TargetMemory, steps: FollowerStep<T>[]): Promise<void> {
    this.follow(await readGcHeap(memory, this.hook.variables), steps);
  }

  private follow(heap: GcHeap | undefined, steps: FollowerStep<T>[]): void {
    const before = this.heap;
    const [was] = before?.areas ?? [];
    const [now] = heap?.areas ?? [];
    if (was && now && !this.newEpoch && !sameArea(was, now)) {
      this.held = undefined;
      this.live.clear();
      if (this.events > 0) steps.push({ kind: 'epoch', reason: 'the heap lies elsewhere: it was made anew' });
    }
    const known = this.newEpoch ? [] : (before?.areas ?? []);
    for (const area of heap?.areas ?? []) {
      if (!known.some((other) => sameArea(other, area))) steps.push({ kind: 'region', region: this.regionOf(area) });
    }
    if (heap?.unseen !== undefined && heap.unseen !== before?.unseen) {
      steps.push({ kind: 'gap', reason: `a part of the heap is not seen: ${heap.unseen}` });
    }
    this.heap = heap;
    this.newEpoch = false;
  }

  private regionOf({ poolStart, poolEnd }: GcArea): HeapRegion {
    const index = this.regionNames.size;
    const name = this.regionNames.get(poolStart) ?? (index === 0 ? 'gc' : `gc ${index + 1}`);
    this.regionNames.set(poolStart, name);
    return { ...gcRegion(GC_BLOCK, poolStart, poolEnd), name };
  }

  private async settle(
    held: NonNullable<HeapFollower<T>['held']>,
    memory: TargetMemory,
    steps: FollowerStep<T>[],
  ): Promise<void> {
    this.held = undefined;
    const area = await settleArea(held.change, held.areas, memory);
    if (area) await this.decide(held.change, area, { memory, steps, isDone: true });
    else
      steps.push({
        kind: 'gap',
        reason: `which area of the heap block ${held.change.block} lies in was not to be told`,
        lostEvents: 1,
      });
  }

  private async decide(
    change: LoggedChange<T>,
    area: GcArea | undefined,
    at: { memory: TargetMemory; steps: FollowerStep<T>[]; isDone?: boolean },
  ): Promise<void> {
    const { block, length } = change;
    const address = addressIn(area, block);
    if (area && !at.isDone && this.live.overlaps(address, length)) {
      const run = await tableRun(area, change, at.memory).catch(() => length);
      if (run !== length) await this.reconcile(at.memory, this.heap?.areas ?? [], at.steps);
    }
    this.tell(change, area, at.steps);
  }

  private tell({ block, length, logged }: LoggedChange<T>, area: GcArea | undefined, steps: FollowerStep<T>[]): void {
    if (this.isFull) return;
    const address = addressIn(area, block);
    this.events++;
    steps.push({ kind: 'change', change: this.live.change(address, length), address, length, logged });
  }

  /** The events say that blocks are alive which the tables do not know: all of them after a restart, some where deaths are not logged. */
  private async reconcile(memory: TargetMemory, areas: readonly GcArea[], steps: FollowerStep<T>[]): Promise<void> {
    const inTable = await readAllocations(memory, areas).catch(() => undefined);
    if (!inTable) return;
    const gone = [...this.live.blocks.keys()].filter((address) => !inTable.has(address)).sort((a, b) => a - b);
    if (gone.length === 0) return;
    if (gone.length === this.live.blocks.size && !this.saidLate) {
      this.live.clear();
      steps.push({ kind: 'epoch', reason: 'the allocation table was cleared' });
      return;
    }
    if (!this.saidLate) {
      this.saidLate = true;
      const text =
        'blocks die without a call of the log function: they are told, without a backtrace, when their place is used again';
      steps.push({ kind: 'note', code: 'late-deaths', text });
    }
    for (const address of gone) {
      if (this.isFull) return;
      this.events++;
      this.live.change(address, 0);
      steps.push({ kind: 'sweep', address });
    }
  }
}

function addressIn(area: GcArea | undefined, block: Blocks): Address {
  return (area?.poolStart ?? 0) + block * GC_BLOCK;
}
