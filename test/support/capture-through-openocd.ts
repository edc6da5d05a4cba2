import { loadBoard } from '../../lib/boards/load-board.js';
import type { Engine } from '../../lib/capture/engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Target } from '../../lib/link/server/target.js';
import { type Captured, capture } from './capture.js';
import { startProbeServer } from './jtag-probe/probe-server.js';
import { startOpenocd } from './openocd-server.js';

export interface OpenocdCapture {
  readonly elf: string;
  /** Whether the engine is told of the Tcl port. */
  readonly poke: boolean;
  readonly maxEvents: number;
}

/**
 * Captures through a real OpenOCD that drives a simulated probe, whose chip is the emulator.
 * gc_init is not watched: passing its breakpoint takes a single step in gdb, which the probe's chip cannot do.
 */
export async function captureThroughOpenocd(
  engine: Engine,
  { elf, poke, maxEvents }: OpenocdCapture,
): Promise<Captured & { readonly log: string }> {
  const board = await loadBoard('qemu-mps2-an385');
  await using emulated = await connect(board, { elf });
  emulated.lost.catch(() => undefined);
  await using probe = await startProbeServer(emulated.server.port);
  await using openocd = await startOpenocd(probe.adapter);
  const { plan } = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true });
  if (plan.hook.type !== 'gc-log') throw new Error('the example firmware has a log function');
  const { gcInit: _, ...hook } = plan.hook;
  const target: Target = {
    kind: 'openocd',
    server: { host: '127.0.0.1', port: openocd.gdbPort },
    ...(poke ? { tclPort: openocd.tclPort } : {}),
    board,
    elf,
    orders: { resetCommands: ['reset halt'], load: false, verify: false },
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const signal = new AbortController().signal;
  const captured = await capture(engine, { target, plan: { ...plan, hook, maxEvents }, signal });
  return { ...captured, log: openocd.said() };
}
