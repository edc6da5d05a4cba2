import { loadBoard } from '../../lib/boards/load-board.js';
import type { Engine, HarvestPlan } from '../../lib/capture/engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Target } from '../../lib/link/server/target.js';
import type { Trace } from '../../lib/trace/trace.js';
import { backtraceOf, eventAt } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

export interface CaptureSetup {
  readonly boardName: string;
  readonly elf: string;
  /** What is put between the engine and the server. */
  readonly through?: (target: Target) => Target;
  readonly plan?: Partial<HarvestPlan>;
  readonly signal?: AbortSignal;
}

export interface Captured {
  readonly trace: Trace;
  /** What the engine threw; undefined for a clean end. */
  readonly error: unknown;
  readonly elapsedMs: number;
}

/** Runs the firmware in the board's emulator from reset to its REPL, and captures it. */
export async function captureInQemu(engine: Engine, setup: CaptureSetup): Promise<Captured> {
  const board = await loadBoard(setup.boardName);
  await using target = await connect(board, { elf: setup.elf });
  target.lost.catch(() => undefined);
  const image = await loadFirmware(setup.elf, board);
  const plan = { ...makeLogPlan(image, board, { untilRepl: true }).plan, ...setup.plan };
  const through = setup.through?.(target) ?? target;
  return await capture(engine, { target: through, plan, signal: setup.signal ?? new AbortController().signal });
}

export async function capture(
  engine: Engine,
  { target, plan, signal }: { target: Target; plan: HarvestPlan; signal: AbortSignal },
): Promise<Captured> {
  const builder = new TraceBuilder();
  const began = performance.now();
  let error: unknown;
  try {
    for await (const record of engine.harvest(target, plan, signal)) builder.add(record);
  } catch (thrown) {
    error = thrown;
  }
  return { trace: builder.build(), error, elapsedMs: performance.now() - began };
}

/** The events as lines, everything but times: what two captures of one run must have in common. */
export function eventLines(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => {
    const event = eventAt(trace, seq);
    const stack = backtraceOf(trace, trace.events.stack[seq] ?? -1).map(
      ({ address, functionName, file, line, inlined, kind }) =>
        `${address.toString(16)}${inlined ? 'i' : ''}${kind && kind !== 'normal' ? kind : ''} ${functionName}@${file}:${line}`,
    );
    const address = event.kind === 'failed' ? 0 : event.address;
    return `${event.kind} ${address.toString(16)} ${event.sizeBytes ?? 0} | ${stack.join(' < ')}`;
  });
}
