import { timerMs } from '../base/timers.js';
import type { Address, Bytes, Milliseconds } from '../base/units.js';
import { UsageError } from '../errors/errors.js';
import type { DebugLink, StopReason } from '../link/debug-link.js';
import type { Target } from '../link/server/target.js';
import { SectionFlag } from '../symbols/elf-tables.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { DebugPorts } from './debug-port.js';
import type { CodePoint } from './engine.js';

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

/**
 * Dumps of the target's memory, in order: at functions, on a period, and at the end. A clean end (a stop, the number of dumps, or an
 * abort) ends the iteration. @throws TargetError, GdbError, DeviceLostError
 */
export async function* ramDumps(
  ports: DebugPorts,
  target: Target,
  { plan, signal }: { readonly plan: RamDumpPlan; readonly signal: AbortSignal },
): AsyncGenerator<RamDump> {
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
    const stop = await runFor(link, plan.periodMs, signal);
    const end = plan.stops.find(({ address }) => address === stop.pc);
    const passed = plan.at.find(({ address }) => address === stop.pc);
    if (stop.kind === 'breakpoint' && end) {
      yield await read(taken, end.label);
      return;
    }
    if (stop.kind === 'breakpoint' && passed) {
      if (++passes % plan.every === 0) yield await read(taken++, passed.label);
    } else if (stop.kind === 'interrupted' && !signal.aborted) {
      yield await read(taken++, `after ${(plan.periodMs ?? 0) / 1000} s`);
    } else {
      return;
    }
  }
}

/**
 * To a stop that is more than the test of a quiet target, or for so long. A timer and listener of our own: a signal that AbortSignal.any
 * makes of a time-out may be collected before it fires.
 */
async function runFor(link: DebugLink, periodMs: Milliseconds | undefined, signal: AbortSignal): Promise<StopReason> {
  const pause = new AbortController();
  const end = () => pause.abort();
  const timer = periodMs === undefined ? undefined : setTimeout(end, timerMs(periodMs));
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    for (;;) {
      const stop = await link.resume(pause.signal);
      if (stop.kind !== 'quiet') return stop;
      if (pause.signal.aborted) return { kind: 'interrupted', pc: stop.pc };
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
