import { lastAtOrBefore } from '../base/sorted.js';
import type { Address } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/** Names words of a firmware's variables: `cache`, `table+0x8`; undefined where no variable lies. */
export function dataNames(firmware: Symbolizer): (address: Address) => string | undefined {
  const variables = firmware
    .symbolsByPrefix('')
    .filter(({ kind, sizeBytes }) => kind !== 'function' && sizeBytes > 0)
    .sort((a, b) => a.address - b.address);
  const starts = Float64Array.from(variables, ({ address }) => address);
  return (address) => {
    const variable = variables[lastAtOrBefore(starts, address)];
    if (!variable || address >= variable.address + variable.sizeBytes) return undefined;
    const offset = address - variable.address;
    return offset === 0 ? variable.name : `${variable.name}+0x${offset.toString(16)}`;
  };
}
