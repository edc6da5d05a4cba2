import type { Milliseconds } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { BacktraceJudge } from '../../firmware/backtrace-judge.js';
import { withCorrectedBacktraces } from '../../firmware/gdb-backtrace.js';
import type { GdbProgram } from '../../link/mi/find-gdb.js';
import { MiLink } from '../../link/mi/mi-link.js';
import { afterCommands, letGo } from '../../link/server/farewell.js';
import { letsGo, SERVER_NAMES, type Target } from '../../link/server/target.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { openPoke } from '../direct/open-client.js';
import type { Engine, HarvestPlan } from '../engine.js';
import { harvestLogByLink } from '../log/link-log-loop.js';
import { endingWithGap } from '../lost-link.js';
import { harvestMallocByLink } from '../malloc/malloc-loop.js';
import { harvestLogInGdb } from './log-in-gdb.js';
import { ScriptLink, withScripts } from './script-link.js';

/** gdb goes on by itself after an event: OpenOCD is made to look at its target all the time. */
const POKE_PAUSE_MS: Milliseconds = 2;

/** The reference engine: gdb does everything, in its own Python where it has one, else command by command over MI. */
export class GdbEngine implements Engine {
  readonly name = 'gdb';

  constructor(
    private readonly program: GdbProgram,
    /** False keeps to MI commands even when gdb has Python. */
    private readonly usePython = true,
  ) {}

  harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord> {
    return withCorrectedBacktraces(this.capture(target, plan, signal), plan.firmware);
  }

  private async *capture(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord> {
    // The hooked function's own frame, and one more that tells whether the backtrace is cut.
    await using link = await openMiLink(this.program, target, plan.maxDepth + 2);
    const poke = await openPoke(target, signal);
    poke?.begin(POKE_PAUSE_MS);
    // Why a server that was launched has ended says more than that gdb lost it.
    let lost: unknown;
    target.lost.catch((error: unknown) => {
      lost = error;
    });
    try {
      yield* endingWithGap(this.events(link, { plan, board: target.board }, signal), { cause: () => lost });
    } finally {
      poke?.close();
    }
    if (target.orders.endsWithCapture === true) return;
    yield { kind: 'note', code: 'target', text: await letGo(link, target) };
  }

  private async *events(
    link: MiLink,
    { plan, board }: { readonly plan: HarvestPlan; readonly board: Board },
    signal: AbortSignal,
  ): AsyncGenerator<TraceRecord> {
    const { hook } = plan;
    const gdb = this.program.version;
    const told = withScripts(link, plan.firmware, board);
    const ownReport = () => ({ ...(told instanceof ScriptLink ? told.report() : {}), ...link.linkReport() });
    if (hook.type === 'malloc') {
      yield { kind: 'info', info: { source: 'gdb engine', engine: 'gdb' } };
      const report = () => ({ gdb, loop: 'MI commands', ...ownReport() });
      yield* judged(harvestMallocByLink(told, { ...plan, hook }, signal, { report }), plan.firmware);
      return;
    }
    // The script reads neither the clock nor an interpreter's heap.
    const python = this.program.hasPython && this.usePython && !plan.clock && told === link;
    const engineReport = { gdb, loop: python ? 'inside gdb (Python)' : 'MI commands' };
    yield { kind: 'info', info: { source: 'gdb engine', engine: 'gdb', engineReport } };
    if (python) {
      const times = yield* harvestLogInGdb(link, { ...plan, hook }, signal);
      yield { kind: 'info', info: { engineReport: { ...engineReport, ...times } } };
      return;
    }
    yield* judged(harvestLogByLink(told, { ...plan, hook }, signal), plan.firmware);
    yield { kind: 'info', info: { engineReport: { ...engineReport, ...ownReport() } } };
  }
}

/** The records of gdb's with what gdb does not tell of its backtraces. */
async function* judged(records: AsyncIterable<TraceRecord>, firmware: Symbolizer): AsyncGenerator<TraceRecord> {
  const judge = new BacktraceJudge(firmware);
  for await (const record of records) {
    if ('backtrace' in record && record.backtrace) yield { ...record, backtrace: judge.of(record.backtrace) };
    else yield record;
  }
}

/** gdb on a target that is ready, halted. @throws TargetError, GdbError */
export function openMiLink(program: GdbProgram, target: Target, backtraceLimit?: number): Promise<MiLink> {
  return MiLink.open(program, {
    elf: target.elf,
    host: target.server.host,
    port: target.server.port,
    serverName: SERVER_NAMES[target.kind],
    resetCommands: target.orders.resetCommands,
    load: target.orders.load,
    verify: target.orders.verify,
    detach: letsGo(target),
    afterCommands: afterCommands(target),
    breakpointLimit: target.board.comparators.breakpoints,
    ...(backtraceLimit === undefined ? {} : { backtraceLimit }),
  });
}
