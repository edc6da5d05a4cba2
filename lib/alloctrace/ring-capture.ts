import { deadline } from '../base/deadline.js';
import type { Address, Milliseconds } from '../base/units.js';
import { debugPorts } from '../capture/debug-port.js';
import { EndReason } from '../capture/end-reason.js';
import type { CodePoint } from '../capture/engine.js';
import { firmwareOnBoard } from '../capture/firmware-on-board.js';
import { SymbolError } from '../errors/errors.js';
import { symbolized } from '../firmware/symbolize-records.js';
import { connect } from '../link/server/connect.js';
import type { TargetOptions } from '../link/server/target-options.js';
import type { RingSettingsChange } from '../ring/ring-settings.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { configureRing, ringViaDebugPort } from './ring-via-debug-port.js';

/** What to capture through the debug port, from where, until when. */
export interface TracerRingOptions extends TargetOptions {
  /** The firmware, with the tracer in it. */
  readonly elf: string;
  /** End at these functions; default: `alloctrace_done` where the firmware has it, else only the signal ends the capture. */
  readonly until?: readonly string[];
  /** Also drain the ring so often; needed for a rolling ring. */
  readonly pollMs?: Milliseconds;
  /** Through this gdb program; default: over the remote serial protocol, without gdb. */
  readonly gdb?: string;
  /** Stored on the target before the capture; holds from the tracer's next start on. Needs a tracer that has started once. */
  readonly settings?: RingSettingsChange;
  /** End after so long, once the target is ready; default: without a limit. As incomplete, where there is an `until`. */
  readonly timeoutMs?: Milliseconds;
  readonly signal?: AbortSignal;
}

/**
 * Captures through the board-side tracer's ring in the target's RAM: one stop for as many events as the ring holds.
 * @throws SymbolError HH1619 when the firmware has no tracer; what connecting and the ring throw.
 * @example const trace = await collectTrace(captureTracerRing({ elf: 'firmware.elf', gdbServer: ':3333' }));
 */
export async function* captureTracerRing(options: TracerRingOptions): AsyncGenerator<TraceRecord> {
  const { board, firmware } = await firmwareOnBoard(options.elf, options);
  const point = (label: string): CodePoint => ({ label, address: addressOf(firmware, options.elf, label) });
  const ringAddress = addressOf(firmware, options.elf, 'alloctrace_ring');
  const ringFull = point('alloctrace_ring_full');
  const stops = (options.until ?? (firmware.symbol('alloctrace_done') ? ['alloctrace_done'] : [])).map(point);
  const ports = await debugPorts(firmware, options.elf, { gdb: options.gdb, points: [...stops, ringFull] });
  const signal = options.signal ?? new AbortController().signal;
  await using target = await connect(board, { ...options, elf: options.elf });
  await using link = await ports.open(target, signal);
  if (options.settings) await configureRing(link, ringAddress, options.settings);
  const elf = { path: options.elf, ...(firmware.buildId === undefined ? {} : { buildId: firmware.buildId }) };
  yield { kind: 'info', info: { board: board.name, elf, engine: ports.engine } };
  const { pollMs } = options;
  const plan = { ringAddress, ringFull, stops, ...(pollMs === undefined ? {} : { pollMs }) };
  const { timeoutMs } = options;
  if (timeoutMs === undefined) return yield* symbolized(ringViaDebugPort(link, plan, signal), firmware);
  const isOver = new EndReason(`time-out after ${timeoutMs / 1000} s`, stops.length === 0);
  using limit = deadline(signal, timeoutMs, isOver);
  yield* symbolized(ringViaDebugPort(link, plan, limit.signal), firmware);
}

function addressOf(firmware: Symbolizer, elf: string, name: string): Address {
  const symbol = firmware.symbol(name);
  if (symbol) return symbol.address;
  throw new SymbolError('HH1619', `${elf}: found no symbol ${name}, expected it`, {
    remedy: name.startsWith('alloctrace_ring')
      ? 'link the tracer into the firmware: examples/firmware/alloctrace/README.md'
      : 'name a function of the firmware',
  });
}
