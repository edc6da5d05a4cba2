import type { HeapProblem, HeapWalk } from '../../allocators/heap-walk.js';
import { type MemoryPiece, MemoryPieces } from '../../allocators/memory-pieces.js';
import type { Address } from '../../base/units.js';
import { architectureOf } from '../../firmware/capturable.js';
import type { HaltedProcessor } from '../../interpreters/micropython/objects/gc-roots.js';
import { micropythonObjects } from '../../interpreters/micropython/objects/micropython-objects.js';
import type { ReadScriptMemory } from '../../interpreters/micropython/script/script-memory.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import type { HarvestPlan } from '../engine.js';
import type { HaltedTarget } from '../whereabouts.js';
import { haltedMemory } from './halted-memory.js';
import { mallocGraph } from './malloc-graph.js';

/** An allocator's heap, as it was read for the check at the end. */
export interface MallocHeap {
  readonly walk: HeapWalk | HeapProblem;
  /** What was read for it: most of what blocks hold. */
  readonly copies: readonly MemoryPiece[];
  /** The addresses that callers got, by the events. */
  readonly starts: Iterable<Address>;
}

/**
 * Reads who holds which block of a halted target's heap, where the plan says so: of an interpreter's heap with the names of its language, of an
 * allocator's by its pointers. What cannot be read is a note, and no error. @throws DeviceLostError when the link is gone
 */
export async function* heapGraph(
  target: HaltedTarget,
  { firmware, objects }: Pick<HarvestPlan, 'firmware' | 'objects'>,
  heap?: MallocHeap,
): AsyncGenerator<TraceRecord> {
  if (!objects) return;
  const copies = new MemoryPieces(heap?.copies ?? []);
  const rest = haltedMemory(target, firmware, objects.memory);
  const read: ReadScriptMemory = async (address, length) =>
    copies.bytes(address, length) ?? (await rest(address, length));
  const processor = processorOf(await target.registers(), firmware);
  const graph = await micropythonObjects(firmware, read, processor);
  if (graph && 'problem' in graph) {
    yield { kind: 'note', code: 'objects', text: `who holds which block is not known: ${graph.problem}` };
  } else if (graph) {
    yield { kind: 'graph', graph };
  } else if (heap && !('problem' in heap.walk)) {
    yield { kind: 'graph', graph: await mallocGraph(firmware, read, { ...heap, walk: heap.walk, processor }) };
  }
}

/** The same for who asked while the target was running, which is halted now. */
export async function* requestedGraph(
  target: HaltedTarget,
  plan: Pick<HarvestPlan, 'firmware' | 'objects' | 'graphs'>,
  heap?: () => Promise<MallocHeap>,
): AsyncGenerator<TraceRecord> {
  if (!plan.objects || plan.graphs?.isOpen !== true) return;
  plan.graphs.begun();
  yield* heapGraph(target, plan, await heap?.());
  plan.graphs.served();
}

function processorOf(registers: Uint32Array, firmware: Symbolizer): HaltedProcessor {
  const { sp, pc, required, registers: names } = architectureOf(firmware);
  const held = [...registers.subarray(0, required)].flatMap((value, index) =>
    index === sp || index === pc ? [] : [{ name: names[index]?.[0] ?? `${index}`, value }],
  );
  return { registers: held, sp: registers[sp] ?? 0 };
}
