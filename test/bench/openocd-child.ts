import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { captureThroughOpenocd } from '../support/capture-through-openocd.js';
import { lispFirmware } from '../support/lisp-firmware.js';

/*
 * The process that captures through OpenOCD, with all that it starts on the one processor that openocd-bench.ts gives it. Prints
 * events a second without and with the poke, for each engine: [[plain, poked], ...].
 */

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

/** From a short capture and a long one: the way to the first event is in both, and so are an engine's batches. */
async function rate(engine: Engine, poke: boolean, [few, many]: readonly [number, number]): Promise<number> {
  const milliseconds = async (maxEvents: number) => {
    const { error, elapsedMs } = await captureThroughOpenocd(engine, { elf, poke, maxEvents });
    if (error !== undefined) throw error;
    return elapsedMs;
  };
  const short = await milliseconds(few);
  return ((many - few) * 1000) / ((await milliseconds(many)) - short);
}

const rates: [plain: number, poked: number][] = [];
for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
  rates.push([await rate(engine, false, [10, 40]), await rate(engine, true, [50, 300])]);
}
process.stdout.write(`${JSON.stringify(rates)}\n`);
