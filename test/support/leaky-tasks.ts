import { harvestEvents } from '../../lib/capture/harvest-events.js';
import type { EngineName } from '../../lib/capture/select-engine.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import type { Trace } from '../../lib/trace/trace.js';
import { cFirmware } from './c-firmware.js';

/** A run of examples/firmware/tasks that loses so many blocks on purpose. */
export async function captureTasks(options: {
  readonly leaks: number;
  readonly engine?: EngineName;
  readonly allocator?: 'heap4' | 'libc';
}): Promise<Trace> {
  const { leaks, engine = 'direct', allocator = 'heap4' } = options;
  const elf = cFirmware('tasks', { LIBC: 'newlib', OPT: 'Og', ALLOC: allocator, ROUNDS: 1, LEAKS: leaks });
  const target = { elf, board: 'qemu-mps2-an385', allocator: 'auto', until: 'tasks_done', timeoutMs: 120_000 };
  return await collectTrace(harvestEvents({ ...target, engine }));
}
