import { type Address, type Blocks, formatAddress, formatCount } from '../base/units.js';
import { errorMessage } from '../errors/errors.js';
import type { OracleResult } from '../trace/heap-event.js';
import { blocksOf, type GcHeap, readAllocations, type TargetMemory } from './gc-area.js';

const MAX_DIFFERENCES = 20;

/**
 * Compares what the events say is alive (address by count of blocks) with the allocation tables of all areas in the target's memory.
 * `underWay` are addresses where a change may not have reached the table: the log function runs before it.
 * What could not be read is never "matched".
 */
export async function gcOracle(
  memory: TargetMemory,
  live: ReadonlyMap<Address, Blocks>,
  heap: GcHeap | undefined,
  underWay: readonly Address[] = [],
): Promise<OracleResult> {
  if (!heap || heap.areas.length === 0) {
    return unavailable('the ELF file does not tell where the allocation table is (mp_state_ctx.mem.area)');
  }
  let inTable: Map<Address, Blocks>;
  try {
    inTable = await readAllocations(memory, heap.areas);
  } catch (error) {
    return unavailable(`the allocation table could not be read: ${errorMessage(error)}`);
  }
  const seen = heap.unseen === undefined ? live : insideOf(live, heap);
  const differences = compare(seen, inTable, underWay);
  const liveBlocks = [...inTable.values()].reduce((sum, length) => sum + length, 0);
  const except = underWay.length === 0 ? '' : ', but for the event under way';
  const counts = { liveAllocations: inTable.size, liveBlocks };
  const detail = `${tablesText(heap)}${except}`;
  if (differences.length > 0) {
    return { outcome: 'differs', detail, ...counts, differences: differences.slice(0, MAX_DIFFERENCES) };
  }
  if (heap.unseen === undefined) return { outcome: 'matched', detail, ...counts, differences: [] };
  const lost = live.size - seen.size;
  const part = `only ${formatCount(inTable.size)} allocations were compared (${detail}), ${formatCount(lost)} were not: ${heap.unseen}`;
  return { ...unavailable(part), ...counts };
}

function tablesText({ areas }: GcHeap): string {
  const bytes = areas.reduce((sum, area) => sum + area.allocTableBytes, 0);
  const [first] = areas;
  if (areas.length === 1)
    return `allocation table at ${formatAddress(first?.allocTableStart ?? 0)}, ${formatCount(bytes)} bytes`;
  return `allocation tables of ${areas.length} areas, the first at ${formatAddress(first?.allocTableStart ?? 0)}, ${formatCount(bytes)} bytes`;
}

function insideOf(live: ReadonlyMap<Address, Blocks>, { areas }: GcHeap): Map<Address, Blocks> {
  const within = (address: Address) =>
    areas.some((area) => address >= area.poolStart && address < area.poolStart + blocksOf(area) * 16);
  return new Map([...live].filter(([address]) => within(address)));
}

function compare(
  events: ReadonlyMap<Address, Blocks>,
  table: ReadonlyMap<Address, Blocks>,
  underWay: readonly Address[],
): string[] {
  const differences: string[] = [];
  for (const [address, length] of events) {
    const found = table.get(address);
    if (found === length || underWay.includes(address)) continue;
    const said = found === undefined ? 'the table says free' : `the table says ${found}`;
    differences.push(`block at ${formatAddress(address)}: the events say ${length} blocks, ${said}`);
  }
  for (const [address, length] of table) {
    if (!events.has(address) && !underWay.includes(address)) {
      differences.push(`block at ${formatAddress(address)}: the table says ${length} blocks, the events say free`);
    }
  }
  return differences;
}

function unavailable(detail: string): OracleResult {
  return { outcome: 'unavailable', detail, differences: [] };
}
