import { didYouMean } from '../../base/did-you-mean.js';
import { type Address, formatCount, parseAddress } from '../../base/units.js';
import { UsageError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';

/** A counter of the target's that tells the time of events. */
export interface TargetClock {
  /** For people: `xTickCount, 1,000 Hz`. */
  readonly name: string;
  readonly address: Address;
  /** The counter's width, which it wraps at. */
  readonly bytes: 2 | 4 | 8;
  readonly hertz: number;
  /** A bit that says whether the counter runs; absent where nothing tells. */
  readonly enabled?: { readonly address: Address; readonly bit: number; readonly remedy: string };
}

/** Armv7-M and Armv8-M: cycles of the processor, which stand still while it is halted. */
const CYCCNT = 0xe0001004;
const DWT_CTRL = 0xe0001000;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/**
 * The clock that a text names: `VARIABLE@HZ`, `0xADDRESS@HZ` (a counting register of 32 bits), `DWT_CYCCNT@HZ`. HZ is how often it counts in
 * a second: `1000`, `32768`, `48M`.
 * @throws UsageError HH1371 (no rate, or not one), HH1372 (nothing that can tell the time)
 */
export function parseClock(text: string, firmware: Symbolizer): TargetClock {
  const match = /^(.+)@(\d+(?:\.\d+)?)\s*([kmg]?)(?:hz)?$/i.exec(text.trim());
  const hertz = match ? Number(match[2]) * (UNITS[(match[3] ?? '').toLowerCase()] ?? 1) : 0;
  if (!match || hertz <= 0) {
    throw new UsageError(
      'HH1371',
      `options.clock ${text}: found no rate, expected NAME@HZ, for example xTickCount@1000`,
      {
        remedy: 'say behind an @ how often it counts in a second: `uwTick@1000`, `DWT_CYCCNT@48M`',
      },
    );
  }
  const label = (match[1] ?? '').trim();
  const named = { name: `${label}, ${formatCount(hertz)} Hz`, hertz };
  if (/^dwt(_cyccnt)?$/i.test(label) && !firmware.symbol(label)) {
    const remedy =
      'let the firmware enable it: CoreDebug->DEMCR |= 1u << 24; DWT->CTRL |= 1 (a Cortex-M0 and QEMU have none)';
    return { ...named, address: CYCCNT, bytes: 4, enabled: { address: DWT_CTRL, bit: 0, remedy } };
  }
  if (/^systick$/i.test(label) && !firmware.symbol(label)) {
    throw new UsageError('HH1372', `options.clock ${text}: SysTick begins anew at every tick, which tells no time`, {
      remedy: 'name the variable that its handler counts (uwTick, xTickCount, ...) with the rate of the ticks',
    });
  }
  const address = parseAddress(label);
  if (address !== undefined) return { ...named, address, bytes: 4 };
  return { ...named, ...variable(text, label, firmware) };
}

function variable(text: string, label: string, firmware: Symbolizer): Pick<TargetClock, 'address' | 'bytes'> {
  const symbol = firmware.symbol(label);
  if (symbol?.kind !== 'object') {
    const found = symbol ? 'a function' : 'no such variable';
    const names = firmware.symbolsByPrefix('').flatMap(({ name, kind }) => (kind === 'object' ? name : []));
    throw new UsageError(
      'HH1372',
      `options.clock ${text}: found ${found}, expected a variable that counts${didYouMean(label, names)}`,
      {
        remedy: 'give a variable of the ELF file, an address (0x...), or DWT_CYCCNT',
      },
    );
  }
  const bytes = symbol.sizeBytes;
  if (bytes === 2 || bytes === 8) return { address: symbol.address, bytes };
  if (bytes === 4 || bytes === 0) return { address: symbol.address, bytes: 4 };
  throw new UsageError('HH1372', `options.clock ${text}: found a variable of ${bytes} bytes, expected 2, 4 or 8`, {
    remedy: 'name a counter, not a structure or an array',
  });
}
