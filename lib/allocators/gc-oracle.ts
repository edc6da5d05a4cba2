import { type Address, type Blocks, type Bytes, formatAddress, formatCount } from '../base/units.js';
import { errorMessage } from '../errors/errors.js';
import type { GcLog } from '../trace/gc-log.js';
import type { OracleResult } from '../trace/heap-event.js';
import { type GcArea, isPlausible, readAllocTable } from './gc-area.js';

/**
 * Compares what the events say is alive with the allocation table in the target's memory.
 * `underWay` is the block of an event whose change may not have reached the table: the log function runs before it.
 */
export async function gcOracle(
  read: (address: Address, length: Bytes) => Promise<Uint8Array>,
  log: GcLog,
  area: GcArea | undefined,
  underWay?: Blocks,
): Promise<OracleResult> {
  if (!area || !isPlausible(area)) {
    return unavailable('the ELF file does not tell where the allocation table is (mp_state_ctx.mem.area)');
  }
  let table: Uint8Array;
  try {
    table = await read(area.allocTableStart, area.allocTableBytes);
  } catch (error) {
    return unavailable(`the allocation table could not be read: ${errorMessage(error)}`);
  }
  const inTable = readAllocTable(table, Math.floor((area.poolEnd - area.poolStart) / log.blockBytes));
  const differences = compare(log.live, inTable, underWay);
  const liveUnits = [...inTable.values()].reduce((sum, length) => sum + length, 0);
  const except = underWay === undefined ? '' : ', but for the event under way';
  return {
    outcome: differences.length === 0 ? 'matched' : 'differs',
    detail: `allocation table at ${formatAddress(area.allocTableStart)}, ${formatCount(area.allocTableBytes)} bytes${except}`,
    liveBlocks: inTable.size,
    liveUnits,
    differences: differences.slice(0, 20),
  };
}

function compare(events: ReadonlyMap<Blocks, Blocks>, table: ReadonlyMap<Blocks, Blocks>, underWay?: Blocks): string[] {
  const differences: string[] = [];
  for (const [block, length] of events) {
    const found = table.get(block);
    if (found === length || block === underWay) continue;
    const said = found === undefined ? 'the table says free' : `the table says ${found}`;
    differences.push(`block ${block}: the events say ${length} blocks, ${said}`);
  }
  for (const [block, length] of table) {
    if (!events.has(block) && block !== underWay) {
      differences.push(`block ${block}: the table says ${length} blocks, the events say free`);
    }
  }
  return differences;
}

function unavailable(detail: string): OracleResult {
  return { outcome: 'unavailable', detail, differences: [] };
}
