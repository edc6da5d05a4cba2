import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { captureThroughOpenocd } from '../support/capture-through-openocd.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { processorMs } from '../support/processor-time.js';

/*
 * The process that captures through OpenOCD, with all that it starts on the one processor that openocd-bench.ts gives it. Prints
 * what was measured without and with the poke, for each engine.
 */

export interface OpenocdFigures {
  readonly engine: string;
  readonly poke: boolean;
  readonly eventsPerSecond: number;
  /** Of this process and all that it started: the emulator, the probe, OpenOCD, gdb. On a busy machine it bounds the rate. */
  readonly processorMsPerEvent: number;
}

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
async function figures(engine: Engine, poke: boolean, counts: readonly [number, number]): Promise<OpenocdFigures> {
  const cost = async (maxEvents: number) => {
    const before = processorMs('self') ?? 0;
    const { error, elapsedMs } = await captureThroughOpenocd(engine, { elf, poke, maxEvents });
    if (error !== undefined) throw error;
    return { elapsedMs, processorMs: (processorMs('self') ?? 0) - before };
  };
  // From a short capture and a long one: the way to the first event is in both, and so are an engine's batches.
  const [few, many] = counts;
  const short = await cost(few);
  const long = await cost(many);
  return {
    engine: engine.name,
    poke,
    eventsPerSecond: ((many - few) * 1000) / (long.elapsedMs - short.elapsedMs),
    processorMsPerEvent: (long.processorMs - short.processorMs) / (many - few),
  };
}

const all: OpenocdFigures[] = [];
for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
  all.push(await figures(engine, false, [10, 40]), await figures(engine, true, [50, 300]));
}
process.stdout.write(`${JSON.stringify(all)}\n`);
