import { timerMs } from '../base/timers.js';
import type { Address, Bytes, Milliseconds } from '../base/units.js';
import { TargetError, UsageError } from '../errors/errors.js';
import type { StopReason } from '../link/debug-link.js';
import type { Target } from '../link/server/target.js';
import { WAIT_MS } from '../link/waits.js';
import { SectionFlag } from '../symbols/elf-tables.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { DebugPort, DebugPorts } from './debug-port.js';
import { signalOf } from './end-reason.js';
import type { CodePoint } from './engine.js';
import { doingText, whereabouts } from './whereabouts.js';

/** Some of the target's memory at one moment. */
export interface RamDump {
  /** From 0. */
  readonly index: number;
  /** Where the target stood: a function, or `after 2 s`. */
  readonly label: string;
  readonly baseAddress: Address;
  readonly bytes: Uint8Array;
}

/** What is read of the target's memory, and when. */
export interface RamDumpPlan {
  readonly region: { readonly baseAddress: Address; readonly sizeBytes: Bytes };
  /** Each time the target comes by, every `every`th time. May be empty. */
  readonly at: readonly CodePoint[];
  /** From 1. */
  readonly every: number;
  /** Takes a dump each time the target has run for so long; absent: never. */
  readonly periodMs?: Milliseconds;
  /** Takes a last dump when any of these is reached. May be empty. */
  readonly stops: readonly CodePoint[];
  /** Ends after so many dumps. */
  readonly maxDumps: number;
}

/** Reads a region in pieces: debug servers bound the size of one answer. */
const PIECE_BYTES = 16 * 1024;

/** The memory that the firmware's writable sections span: where a static heap lies. @throws UsageError HH1114 when there is none */
export function writableRegion(firmware: Symbolizer): RamDumpPlan['region'] {
  const wanted = SectionFlag.alloc | SectionFlag.write;
  const sections = firmware.elfFile.sections.filter(
    ({ flags, sizeBytes }) => (flags & wanted) === wanted && sizeBytes > 0,
  );
  const low = Math.min(...sections.map(({ address }) => address));
  const high = Math.max(...sections.map(({ address, sizeBytes }) => address + sizeBytes));
  if (sections.length > 0) return { baseAddress: low, sizeBytes: high - low };
  throw new UsageError(
    'HH1114',
    'harvest dump: found no writable section in the ELF file, expected the memory to dump',
    {
      remedy: 'name it with options.region BASE:SIZE',
    },
  );
}

/** What dumping needs besides the target. */
export interface RamDumpOptions {
  readonly plan: RamDumpPlan;
  readonly firmware: Symbolizer;
  readonly signal: AbortSignal;
  /** Is told, each time the target was quiet for a while, what it does: it may never come to where it is to be dumped. */
  readonly onStatus?: (text: string) => void;
}

/**
 * Dumps of the target's memory, in order: at functions, on a period, and at the end. A clean end (a stop, the number of dumps, or an
 * abort) ends the iteration.
 * @throws TargetError HH2261 when the target stops by itself elsewhere (a fault): what was dumped until then was yielded; and others,
 * GdbError, DeviceLostError
 */
export async function* ramDumps(ports: DebugPorts, target: Target, options: RamDumpOptions): AsyncGenerator<RamDump> {
  const { plan, signal } = options;
  await using link = await ports.open(target, signal);
  for (const { address } of [...plan.at, ...plan.stops]) await link.setBreakpoint(address);
  const read = async (index: number, label: string): Promise<RamDump> => {
    const { baseAddress, sizeBytes } = plan.region;
    const bytes = new Uint8Array(sizeBytes);
    for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
      bytes.set(await link.readMemory(baseAddress + at, Math.min(PIECE_BYTES, sizeBytes - at)), at);
    }
    return { index, label, baseAddress, bytes };
  };
  let taken = 0;
  let passes = 0;
  while (taken < plan.maxDumps && !signal.aborted) {
    const stop = await runFor(link, options);
    const end = plan.stops.find(({ address }) => address === stop.pc);
    const passed = plan.at.find(({ address }) => address === stop.pc);
    if (stop.kind === 'breakpoint' && end) {
      yield await read(taken, end.label);
      return;
    }
    if (stop.kind === 'breakpoint' && passed) {
      if (++passes % plan.every === 0) yield await read(taken++, passed.label);
    } else if (stop.kind === 'period') {
      if (!signal.aborted) yield await read(taken++, `after ${(plan.periodMs ?? 0) / 1000} s`);
    } else {
      throw await endedElsewhere(link, options.firmware, stop);
    }
  }
}

async function endedElsewhere(link: DebugPort, firmware: Symbolizer, stop: Stop): Promise<TargetError> {
  const { text } = await whereabouts(link, firmware);
  return new TargetError(
    'HH2261',
    `harvest dump: found that the target stopped with ${signalOf(stop)} ${text}, expected it to come to a place where it is dumped`,
    { remedy: 'see why it stops there: its console, and the backtrace that gdb shows, tell more' },
  );
}

/** Why a run ended; `period`: it was interrupted here, by the clock or because it is to end. */
type Stop = Exclude<StopReason, { readonly kind: 'quiet' }> | { readonly kind: 'period'; readonly pc: Address };

/**
 * To a stop that is more than the test of a quiet target, or for so long. A timer and listener of our own: a signal that AbortSignal.any
 * makes of a time-out may be collected before it fires.
 */
async function runFor(link: DebugPort, { plan, firmware, signal, onStatus }: RamDumpOptions): Promise<Stop> {
  const { periodMs } = plan;
  const pause = new AbortController();
  const end = () => pause.abort();
  const timer = periodMs === undefined ? undefined : setTimeout(end, timerMs(periodMs));
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    for (;;) {
      const stop = await link.resume(pause.signal);
      const isPlace = [...plan.at, ...plan.stops].some(({ address }) => address === stop.pc);
      // Some servers tell of an interrupt as of a breakpoint.
      if (pause.signal.aborted && stop.kind !== 'fault' && !isPlace) return { kind: 'period', pc: stop.pc };
      if (stop.kind !== 'quiet') return stop;
      if (!onStatus || stop.quietMs < WAIT_MS.quiet) continue;
      onStatus(
        `nothing to dump for ${Math.round(stop.quietMs / 1000)} s: ${doingText(await whereabouts(link, firmware))}`,
      );
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
