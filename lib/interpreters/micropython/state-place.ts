import type { Address } from '../../base/units.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { unlessUnknown } from '../../symbols/unless-unknown.js';

/** Where a member of the interpreter's state (`mp_state_ctx`) lies; undefined where the firmware has none. */
export function statePlace(firmware: Symbolizer, path: string): Address | undefined {
  return unlessUnknown(() => firmware.structFieldOffset('mp_state_ctx', path).address);
}
