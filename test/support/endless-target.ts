import { loadBoard } from '../../lib/boards/load-board.js';
import type { HarvestPlan } from '../../lib/capture/engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import type { Target } from '../../lib/link/server/target.js';
import { type FakeStop, type FakeTarget, startFakeTarget } from './fake-target.js';
import { lispFirmware } from './lisp-firmware.js';

const TOP = 0x20400000;
/** Blocks that live at once, and stacks that differ: what a capture may have to remember. */
const LIVE = 512;
const STACKS = 64;

export interface EndlessTarget {
  readonly elf: string;
  readonly plan: HarvestPlan;
  targetAt(port: number): Target;
  /** A debug server of a program that allocates and frees without an end, as fast as it is asked. */
  start(forGdb?: boolean): Promise<FakeTarget>;
}

/** For captures that an emulator would be too slow for. */
export async function endlessTarget(maxEvents: number): Promise<EndlessTarget> {
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
  const board = await loadBoard('qemu-mps2-an385');
  const firmware = await loadFirmware(elf, board);
  const made = makeLogPlan(firmware, board, { maxEvents }).plan;
  if (made.hook.type !== 'gc-log') throw new Error('the example firmware has a log function');
  const { logFunction, blockBytes } = made.hook;
  const hook = { type: 'gc-log', logFunction, blockBytes } as const;
  const plan: HarvestPlan = { ...made, hook };
  const caller = (firmware.symbol('gc_alloc')?.address ?? 0) + 0x21;
  const stopAt = (index: number): FakeStop => {
    const depth = 64 + (index % 5) * 48;
    const registers = new Array<number>(16).fill(0);
    // An allocation, or the free of one that came before.
    registers[0] = ((index >> 1) % LIVE) * 2;
    registers[1] = index % 2 === 0 ? 2 : 0;
    registers[13] = TOP - depth;
    registers[14] = caller;
    registers[15] = logFunction.address;
    return { registers, stack: Uint8Array.from({ length: depth }, (_, at) => (at * 7 + (index % STACKS)) & 0xff) };
  };
  const stops = { length: Number.POSITIVE_INFINITY, at: stopAt };
  const code = (address: number, length: number) => firmware.readMemory(address, length);
  return {
    elf,
    plan,
    start: (forGdb = false) => startFakeTarget({ stops, initialSp: TOP, code, forGdb }),
    targetAt: (port) => ({
      ...{ kind: 'qemu', server: { host: '127.0.0.1', port }, board, elf },
      orders: { resetCommands: [], load: false, verify: false },
      lost: new Promise<never>(() => undefined),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  };
}
