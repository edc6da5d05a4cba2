import { errorMessage } from '../../lib/errors/errors.js';
import { type MicropythonScript, micropythonFirmware } from '../support/micropython.js';
import type { BenchRow } from './bench-row.js';

/** A MicroPython of the Cortex-M3 board with a script; where it cannot be built the row that says so. */
export function benchMicropython(script: MicropythonScript): string | BenchRow {
  try {
    return micropythonFirmware({ board: 'MPS2_AN385' }, script);
  } catch (error) {
    const notRun = `MicroPython cannot be built here: ${errorMessage(error).slice(-300)}`;
    return { name: `MicroPython, ${script}`, value: Number.NaN, unit: '', notRun };
  }
}
