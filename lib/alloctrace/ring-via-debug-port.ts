import { setTimeout as sleep } from 'node:timers/promises';
import { timerMs } from '../base/timers.js';
import { type Address, formatAddress, type Microseconds, type Milliseconds } from '../base/units.js';
import { EndReason } from '../capture/end-reason.js';
import type { CodePoint } from '../capture/engine.js';
import { TargetError } from '../errors/errors.js';
import type { DebugLink, StopReason } from '../link/debug-link.js';
import { changeRingSettings, type RingSettings, type RingSettingsChange } from '../ring/ring-settings.js';
import type { TraceRecord } from '../trace/heap-event.js';
import {
  CONTROL_BLOCK_BYTES,
  decodeSettings,
  encodeSettings,
  encodeWords,
  isRingStarted,
  parseControlBlock,
  parseEntry,
  RING_RECORDING,
  type RingControlBlock,
  STATE_OFFSET,
  STORED_SETTINGS_BYTES,
} from './ring-control-block.js';

/** What draining a ring needs of a debug link that can also write memory. */
export interface RingPort extends Pick<DebugLink, 'readMemory' | 'setBreakpoint' | 'removeBreakpoint' | 'resume'> {
  writeMemory(address: Address, bytes: Uint8Array): Promise<void>;
}

/** When a ring in the target's RAM is drained, and when that ends. */
export interface RingDrainPlan {
  /** The symbol `alloctrace_ring`. */
  readonly ringAddress: Address;
  /** The symbol `alloctrace_ring_full`: with a breakpoint here a stop-on-full ring loses nothing. Absent: only polled. */
  readonly ringFull?: CodePoint;
  /** The capture ends, with the target halted, when one of these is reached. */
  readonly stops: readonly CodePoint[];
  /** Also halt to drain after so long; absent: only at `ringFull` and the stops. */
  readonly pollMs?: Milliseconds;
}

/** Halted in the middle of a change, the target is let go on for so long, at most so often. */
const BUSY_STEP_MS = 1;
const BUSY_TRIES = 50;

/**
 * Captures through the RAM ring of the board-side tracer (examples/firmware/alloctrace): one stop for many events.
 * The target must be halted; it is halted again at the end. Breakpoints are removed in `finally`. Abort ends cleanly after a
 * last drain; a fault of the target ends the capture as incomplete.
 * @throws TargetError HH1641 when there is no such ring, HH1642 when the tracer never let go of it; and what the port throws.
 */
export async function* ringViaDebugPort(
  port: RingPort,
  plan: RingDrainPlan,
  signal: AbortSignal,
): AsyncGenerator<TraceRecord> {
  const points = [...plan.stops, ...(plan.ringFull ? [plan.ringFull] : [])];
  const drain = new RingDrain(port, plan.ringAddress, points);
  yield { kind: 'info', info: { source: 'alloctrace ring (debug port)', startedAtWallMs: Date.now() } };
  try {
    for (const { address } of points) await port.setBreakpoint(address);
    let endReason: string | undefined;
    while (endReason === undefined) {
      const reason = asReached(await resumeUntilPoll(port, plan.pollMs, signal), points);
      drain.stops++;
      endReason = endOf(reason, plan, signal);
      yield* drain.records(reason.kind === 'interrupted');
      if (drain.reachedMeanwhile) endReason ??= endOf(drain.reachedMeanwhile, plan, signal);
      if (reason.kind === 'fault') yield { kind: 'gap', reason: endReason ?? 'fault' };
    }
    const isCut = signal.reason instanceof EndReason && !signal.reason.complete;
    const cut = isCut && endReason === signal.reason.text ? { complete: false } : {};
    yield { kind: 'info', info: { endReason, ...drain.summary(), ...cut } };
  } finally {
    for (const { address } of points) await port.removeBreakpoint(address);
  }
}

/** To a stop that is more than the test of a quiet target. */
async function resumeToStop(port: RingPort, signal: AbortSignal): Promise<StopReason> {
  for (;;) {
    const stop = await port.resume(signal);
    if (stop.kind !== 'quiet') return stop;
    if (signal.aborted) return { kind: 'interrupted', pc: stop.pc };
  }
}

/** A timer and listener of our own: a signal that AbortSignal.any makes of a time-out may be collected before it fires. */
async function resumeUntilPoll(
  port: RingPort,
  pollMs: Milliseconds | undefined,
  signal: AbortSignal,
): Promise<StopReason> {
  if (pollMs === undefined) return resumeToStop(port, signal);
  const pause = new AbortController();
  const stop = () => pause.abort();
  const timer = setTimeout(stop, timerMs(pollMs));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await resumeToStop(port, pause.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * An interrupt that meets a breakpoint at the same moment is reported as the interrupt alone (QEMU 7.2), and going on would
 * step over the breakpoint unseen.
 */
function asReached(reason: StopReason, points: readonly CodePoint[]): StopReason {
  const reached = reason.kind === 'interrupted' && points.some(({ address }) => address === reason.pc);
  return reached ? { kind: 'breakpoint', pc: reason.pc } : reason;
}

function endOf(reason: StopReason, plan: RingDrainPlan, signal: AbortSignal): string | undefined {
  if (reason.kind === 'fault') return `${reason.signal} at ${formatAddress(reason.pc)}`;
  if (reason.kind === 'breakpoint') {
    const stop = plan.stops.find(({ address }) => address === reason.pc);
    if (stop) return `reached ${stop.label}`;
  }
  return signal.aborted ? EndReason.of(signal).text : undefined;
}

/** Takes what is new out of the ring at each stop, and tells in gaps what is not there any more. */
class RingDrain {
  stops = 0;
  /** Where the target stopped by itself while it was let go on to finish a change. */
  reachedMeanwhile: StopReason | undefined;
  private events = 0;
  private last: RingControlBlock | undefined;
  /** Ticks are 32 bits; the clock of events goes on when they wrap. */
  private wrapTicks = 0;
  private lastTicks = 0;

  constructor(
    private readonly port: RingPort,
    private readonly address: Address,
    private readonly points: readonly CodePoint[],
  ) {}

  async *records(interrupted: boolean): AsyncGenerator<TraceRecord> {
    this.reachedMeanwhile = undefined;
    const block = await this.quietBlock(interrupted);
    if (!block) return;
    if (!this.last && block.heapBytes > 0)
      yield {
        kind: 'region',
        region: { name: 'heap', baseAddress: block.heapBase, sizeBytes: block.heapBytes, unitBytes: 1 },
      };
    yield* this.losses(block);
    for (const event of await this.takeEntries(block)) {
      if (event.kind !== 'gap') this.events++;
      yield event;
    }
    this.last = block;
  }

  /** Counters and how many stops it took, for the summary of the capture. */
  summary() {
    const { overwritten = 0, collapsed = 0, missed = 0 } = this.last ?? {};
    return {
      dropped: { overwritten, collapsed, skipped: missed },
      engineReport: { stops: this.stops, events: this.events },
    };
  }

  /** The control block, not in the middle of a change; undefined while the tracer has not started yet. */
  private async quietBlock(interrupted: boolean): Promise<RingControlBlock | undefined> {
    const where = `ring at ${formatAddress(this.address)}`;
    for (let attempt = 0; attempt < BUSY_TRIES; attempt++) {
      const bytes = await this.port.readMemory(this.address, CONTROL_BLOCK_BYTES);
      if (!isRingStarted(bytes)) return undefined;
      const block = parseControlBlock(bytes, where);
      // At a breakpoint the tracer is at a point where the ring may be touched, busy or not.
      if (!interrupted || this.reachedMeanwhile || !block.busy) return block;
      const pause = new AbortController();
      const running = resumeToStop(this.port, pause.signal);
      await sleep(BUSY_STEP_MS);
      pause.abort();
      const reason = asReached(await running, this.points);
      if (reason.kind !== 'interrupted') this.reachedMeanwhile = reason;
      this.stops++;
    }
    throw new TargetError('HH1642', `${where}: still being changed after ${BUSY_TRIES} stops, expected it at rest`, {
      remedy: 'reset the target; if it stays so, the memory of the ring is overwritten by something else',
    });
  }

  private *losses(block: RingControlBlock): Generator<TraceRecord> {
    const { last } = this;
    const before = last && block.captured >= last.captured ? last : { overwritten: 0, missed: 0 };
    if (last && block.captured < last.captured) {
      // After a reset of the chip the clock began anew too; after one of the ring alone this does no harm.
      this.lastTicks = 0;
      yield { kind: 'gap', reason: 'the ring was reset on the target' };
    }
    const overwritten = block.overwritten - before.overwritten;
    if (overwritten > 0) yield { kind: 'gap', reason: 'overwritten by the rolling ring', lostEvents: overwritten };
    const missed = block.missed - before.missed;
    if (missed > 0) yield { kind: 'gap', reason: 'ring was frozen or full', lostEvents: missed };
  }

  /** Reads the new entries in one piece (two where they wrap) and tells the tracer that they are taken. */
  private async takeEntries(block: RingControlBlock): Promise<TraceRecord[]> {
    const { capacity, entryWords, drained, written, entriesAddress, maxDepth, clockHz } = block;
    const count = (written - drained) >>> 0;
    const entryBytes = entryWords * 4;
    const first = drained & (capacity - 1);
    const upToEnd = Math.min(count, capacity - first);
    const pieces: Uint8Array[] = [];
    if (upToEnd > 0) pieces.push(await this.port.readMemory(entriesAddress + first * entryBytes, upToEnd * entryBytes));
    if (count > upToEnd) pieces.push(await this.port.readMemory(entriesAddress, (count - upToEnd) * entryBytes));
    const atUs = clockHz > 0 ? (ticks: number) => this.unwrap(ticks, clockHz) : undefined;
    const records = pieces
      .flatMap((piece) =>
        Array.from({ length: piece.length / entryBytes }, (_, i) =>
          piece.subarray(i * entryBytes, (i + 1) * entryBytes),
        ),
      )
      .map((entry, index): TraceRecord => {
        const event = parseEntry(entry, (drained + index) >>> 0, maxDepth, atUs);
        return event ?? { kind: 'gap', reason: 'an entry of the ring is damaged', lostEvents: 1 };
      });
    const state = block.state === 'full' ? RING_RECORDING : ['idle', 'recording', 'frozen'].indexOf(block.state);
    if (count > 0 || block.state === 'full')
      await this.port.writeMemory(this.address + STATE_OFFSET, encodeWords([state, written, written]));
    return records;
  }

  private unwrap(ticks: number, clockHz: number): Microseconds {
    if (ticks < this.lastTicks) this.wrapTicks += 2 ** 32;
    this.lastTicks = ticks;
    return ((this.wrapTicks + ticks) * 1e6) / clockHz;
  }
}

/** The settings stored on the halted target. @throws TargetError HH1641 when the tracer has not started yet. */
export async function readRingSettings(port: RingPort, ringAddress: Address): Promise<RingSettings> {
  const where = `ring at ${formatAddress(ringAddress)}`;
  const block = parseControlBlock(await port.readMemory(ringAddress, CONTROL_BLOCK_BYTES), where);
  return decodeSettings(await port.readMemory(block.settingsAddress, STORED_SETTINGS_BYTES), where);
}

/**
 * Changes the settings stored on the halted target; they hold from the tracer's next start or reset on, a warm reset
 * of the chip included. @throws TargetError HH1641
 */
export async function configureRing(port: RingPort, ringAddress: Address, change: RingSettingsChange): Promise<void> {
  const where = `ring at ${formatAddress(ringAddress)}`;
  const block = parseControlBlock(await port.readMemory(ringAddress, CONTROL_BLOCK_BYTES), where);
  const settings = changeRingSettings(await readRingSettings(port, ringAddress), change);
  await port.writeMemory(block.settingsAddress, encodeSettings(settings));
}
