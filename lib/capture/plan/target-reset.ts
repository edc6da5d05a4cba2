import { formatAddress } from '../../base/units.js';
import { entryPoint } from '../../firmware/capturable.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { CodePoint } from '../engine.js';

/** What a reset of the target is called among the epochs of a trace. */
const LABEL = 'the target was reset';

/**
 * Where a reset of the target begins: the ELF file's entry. Undefined where no function begins there, and where it is Arm code, at which
 * no hook can be (a Cortex-A).
 */
export function resetPoint(firmware: Symbolizer): CodePoint | undefined {
  const address = entryPoint(firmware);
  if (firmware.isArmState(address)) return undefined;
  const [name] = firmware.functionNamesAt(address);
  return name === undefined ? undefined : { label: `${LABEL} (${name} at ${formatAddress(address)})`, address };
}
