import { didYouMean } from '../../base/did-you-mean.js';
import { type Address, formatCount, parseAddress } from '../../base/units.js';
import { UsageError } from '../../errors/errors.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';

/** A counter that counts upward from 0 and wraps at its width. */
export interface CounterClock {
  readonly kind: 'counter';
  /** For people: `xTickCount, 1,000 Hz`. */
  readonly name: string;
  readonly address: Address;
  /** The counter's width, which it wraps at. */
  readonly bytes: 2 | 4 | 8;
  readonly hertz: number;
  /** A bit that says whether the counter runs; absent where nothing tells. */
  readonly enabled?: EnabledBit;
}

export interface EnabledBit {
  readonly address: Address;
  readonly bit: number;
  readonly remedy: string;
}

/** SysTick, which counts down from its reload value once a tick, with the variable that its handler counts once a tick. */
export interface SysTickClock {
  readonly kind: 'systick';
  readonly name: string;
  readonly ticks: Pick<CounterClock, 'address' | 'bytes'>;
  /** Of SysTick's own counter: the core's clock nearly always. */
  readonly hertz: number;
  readonly enabled: EnabledBit;
}

/** How many instructions QEMU has run, while it records the run. */
export interface InstructionClock {
  readonly kind: 'instructions';
  readonly name: string;
  /** Instructions that count as a second. */
  readonly hertz: number;
}

/** What of the target's tells the time of events. */
export type TargetClock = CounterClock | SysTickClock | InstructionClock;

/** Armv7-M and Armv8-M: cycles of the processor, which stand still while it is halted. */
const CYCCNT = 0xe0001004;
const DWT_CTRL = 0xe0001000;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** SysTick's control register (Armv6-M to Armv8-M). */
const SYST_CSR = 0xe000e010;
/** What counts SysTick's interrupts, once each: STM32's HAL, FreeRTOS, Arduino's SAMD and SAM cores, TinyUSB's and CMSIS's examples. */
const TICK_VARIABLES = ['uwTick', 'xTickCount', '_ulTickCount', '_dwTickCount', 'system_ticks', 'msTicks'];
/** QEMU's virtual time at `-icount shift=0`: a nanosecond an instruction. */
const INSTRUCTIONS_A_SECOND = 1e9;

/**
 * The clock that a text names: `VARIABLE@HZ`, `0xADDRESS@HZ` (a counting register of 32 bits), `DWT_CYCCNT@HZ`, `SysTick@HZ` or
 * `SysTick+VARIABLE@HZ`, `icount` or `icount@HZ` (QEMU). HZ is how often it counts in a second: `1000`, `32768`, `48M`.
 * @throws UsageError HH1371 (no rate, or not one), HH1372 (nothing that can tell the time)
 */
export function parseClock(text: string, firmware: Symbolizer): TargetClock {
  const match = /^(.+)@(\d+(?:\.\d+)?)\s*([kmg]?)(?:hz)?$/i.exec(text.trim());
  const label = (match?.[1] ?? text).trim();
  const isIcount = /^icount$/i.test(label) && !firmware.symbol(label);
  const given = match ? Number(match[2]) * (UNITS[(match[3] ?? '').toLowerCase()] ?? 1) : 0;
  const hertz = isIcount && !match ? INSTRUCTIONS_A_SECOND : given;
  if (hertz <= 0) {
    throw new UsageError(
      'HH1371',
      `options.clock ${text}: found no rate, expected NAME@HZ, for example xTickCount@1000`,
      {
        remedy: 'say behind an @ how often it counts in a second: `uwTick@1000`, `DWT_CYCCNT@48M`',
      },
    );
  }
  if (isIcount)
    return { kind: 'instructions', name: `QEMU's instruction count, ${formatCount(hertz)} a second`, hertz };
  const named = { name: `${label}, ${formatCount(hertz)} Hz`, hertz };
  if (/^dwt(_cyccnt)?$/i.test(label) && !firmware.symbol(label)) {
    const remedy =
      'let the firmware enable it: CoreDebug->DEMCR |= 1u << 24; DWT->CTRL |= 1 (a Cortex-M0 and QEMU have none)';
    return { kind: 'counter', ...named, address: CYCCNT, bytes: 4, enabled: { address: DWT_CTRL, bit: 0, remedy } };
  }
  const ticks = /^systick(?:\+(.+))?$/i.exec(label);
  if (ticks && !firmware.symbol(label)) return sysTick(text, { counted: ticks[1]?.trim(), hertz }, firmware);
  const address = parseAddress(label);
  if (address !== undefined) return { kind: 'counter', ...named, address, bytes: 4 };
  return { kind: 'counter', ...named, ...variable(text, label, firmware) };
}

function sysTick(
  text: string,
  { counted, hertz }: { readonly counted: string | undefined; readonly hertz: number },
  firmware: Symbolizer,
): SysTickClock {
  const label = counted ?? TICK_VARIABLES.find((name) => firmware.symbol(name)?.kind === 'object');
  if (label === undefined) {
    throw new UsageError(
      'HH1372',
      `options.clock ${text}: SysTick begins anew at every tick, which tells no time by itself`,
      {
        remedy:
          'name the variable that its handler counts once a tick: `SysTick+my_ticks@48M` (the rate is the core’s)',
      },
    );
  }
  return {
    kind: 'systick',
    name: `SysTick and ${label}, ${formatCount(hertz)} Hz`,
    hertz,
    ticks: variable(text, label, firmware),
    enabled: { address: SYST_CSR, bit: 0, remedy: 'let the firmware start SysTick before its first allocation' },
  };
}

function variable(text: string, label: string, firmware: Symbolizer): Pick<CounterClock, 'address' | 'bytes'> {
  const symbol = firmware.symbol(label);
  if (symbol?.kind !== 'object') {
    const found = symbol ? 'a function' : 'no such variable';
    const names = firmware.symbolsByPrefix('').flatMap(({ name, kind }) => (kind === 'object' ? name : []));
    throw new UsageError(
      'HH1372',
      `options.clock ${text}: found ${found}, expected a variable that counts${didYouMean(label, names)}`,
      {
        remedy: 'give a variable of the ELF file, an address (0x...), DWT_CYCCNT, SysTick, or icount (QEMU)',
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
