import type { ReadTarget } from '../../allocators/heap-walk.js';
import { type Address, formatAddress } from '../../base/units.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { CodePoint } from '../engine.js';

/** Variables that point to the running task, by the RTOS that has them: tasks may pass the same return address. */
const TASK_VARIABLES = ['pxCurrentTCB', 'pxCurrentTCBs', '_tx_thread_current_ptr', 'rt_current_thread', 'current_task'];
/** Zephyr keeps it inside of a structure. */
const TASK_FIELDS = [['_kernel', 'cpus[0].current']] as const;

/** Where the firmware keeps the running task; undefined for one without tasks, or with an unknown RTOS. */
export function findTaskVariable(firmware: Symbolizer, preferred: readonly string[]): CodePoint | undefined {
  for (const name of [...preferred, ...TASK_VARIABLES]) {
    const symbol = firmware.symbol(name);
    if (symbol && symbol.kind !== 'function') return { label: name, address: symbol.address };
  }
  for (const [variable, path] of TASK_FIELDS) {
    if (!firmware.symbol(variable)) continue;
    try {
      return { label: `${variable}.${path}`, address: firmware.structFieldOffset(variable, path).address };
    } catch {
      // Without debug information the place of the field is not known.
    }
  }
  return undefined;
}

/** How the keys of handlers begin. */
export const EXCEPTION = 'exception ';

/** Whose stack the target stopped on. */
export interface CallContext {
  readonly key: string;
  /** The task's number, from 1 in order of appearance; absent in handlers and in firmwares without tasks. */
  readonly task?: number;
}

/** Tells contexts apart: exception handlers by their number (A and R profiles: their mode), tasks by their control block. */
export class CallContexts {
  private readonly tasks = new Map<Address, number>();

  constructor(
    private readonly taskVariable: CodePoint | undefined,
    private readonly read: ReadTarget,
    private readonly processor: Pick<Symbolizer, 'architecture' | 'isCortexM'>,
  ) {}

  async of(registers: Uint32Array): Promise<CallContext> {
    const exception = this.processor.architecture?.stateOf(registers, this.processor).number ?? 0;
    if (exception !== 0) return { key: `${EXCEPTION}${exception}` };
    if (!this.taskVariable) return { key: 'thread' };
    const bytes = await this.read(this.taskVariable.address, 4);
    const task = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    if (task === 0) return { key: 'thread' };
    const number = this.tasks.get(task) ?? this.tasks.size + 1;
    this.tasks.set(task, number);
    return { key: `task ${formatAddress(task)}`, task: number };
  }
}
