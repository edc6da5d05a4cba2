import { join } from 'node:path';
import { firstAreaRange } from '../../allocators/gc-area.js';
import { AsyncQueue } from '../../base/async-queue.js';
import { defined } from '../../base/defined.js';
import { packageRoot } from '../../base/package-root.js';
import { formatAddress, type Milliseconds } from '../../base/units.js';
import { BacktraceJudge } from '../../firmware/backtrace-judge.js';
import { withCorrectedBacktraces } from '../../firmware/gdb-backtrace.js';
import { sourceScript } from '../../link/mi/connect-target.js';
import type { GdbProgram } from '../../link/mi/find-gdb.js';
import type { StopRecord } from '../../link/mi/mi-connection.js';
import { MiLink } from '../../link/mi/mi-link.js';
import { letsGo, SERVER_NAMES, type Target } from '../../link/server/target.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import { resumeCommand } from '../direct/farewell.js';
import { openPoke } from '../direct/open-client.js';
import { EndReason } from '../end-reason.js';
import type { Engine, HarvestPlan, LogHook } from '../engine.js';
import { LastWords, oracleOf } from '../last-words.js';
import { harvestLogByLink } from '../log/link-log-loop.js';
import { harvestMallocByLink } from '../malloc/malloc-loop.js';
import { GdbScriptReader } from './gdb-script-reader.js';

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
    const { hook } = plan;
    if (hook.type === 'malloc') {
      yield { kind: 'info', info: { source: 'gdb engine', engine: 'gdb' } };
      const report = () => ({ gdb: this.program.version, loop: 'MI commands' });
      yield* judged(harvestMallocByLink(link, { ...plan, hook }, signal, { report }), plan.firmware);
      return;
    }
    // The script does not read the clock.
    const python = this.program.hasPython && this.usePython && !plan.clock;
    const engineReport = { gdb: this.program.version, loop: python ? 'inside gdb (Python)' : 'MI commands' };
    yield { kind: 'info', info: { source: 'gdb engine', engine: 'gdb', engineReport } };
    const poke = await openPoke(target, signal);
    poke?.begin(POKE_PAUSE_MS);
    try {
      if (python) yield* harvestLogInGdb(link, { ...plan, hook }, signal);
      else yield* judged(harvestLogByLink(link, { ...plan, hook }, signal), plan.firmware);
    } finally {
      poke?.close();
    }
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
    ...defined({ resumeCommand: resumeCommand(target) }),
    breakpointLimit: target.board.comparators.breakpoints,
    ...(backtraceLimit === undefined ? {} : { backtraceLimit }),
  });
}

type LogPlan = HarvestPlan & { readonly hook: LogHook };

/** The events stream out of gdb while the target runs: no round trip to this process. */
async function* harvestLogInGdb(link: MiLink, plan: LogPlan, signal: AbortSignal): AsyncGenerator<TraceRecord> {
  const stops = new Map<number, string>();
  const words = await LastWords.prepare(link, plan.firmware);
  for (const stop of plan.stops) stops.set(await link.breakpointNumber(stop.address), stop.label);
  const queue = new AsyncQueue<TraceRecord>(
    undefined,
    () => link.pauseOutput(),
    () => link.resumeOutput(),
  );
  const judge = new BacktraceJudge(plan.firmware);
  const reader = new GdbScriptReader(plan, judge, (record) => queue.push(record));
  link.mi.onConsole = (text) => reader.push(text);
  await installScript(link, plan);
  let stop: StopRecord = {};
  const finished = link.resumeRaw(signal, true).then(
    async (record) => {
      stop = record;
      await reader.drained;
      queue.end();
    },
    (error: unknown) => queue.end(error),
  );
  yield* queue.drain();
  await finished;
  const end = endOf(stop, stops, reader, plan, signal);
  const atStop = stop.breakpoint !== undefined && stops.has(stop.breakpoint);
  const { records, oracle } = await reader.finish(link, atStop);
  yield* records;
  const { events } = reader;
  const told = await words.of({ reason: end, reached: atStop, events });
  yield { kind: 'info', info: { oracle: oracleOf(oracle, events), ...told } };
}

async function installScript(link: MiLink, { hook, maxEvents, maxDepth, attached }: LogPlan): Promise<void> {
  const { variables, gcInit } = hook;
  const range = variables && firstAreaRange(variables);
  const chain = variables?.chain;
  // Where a block of a split heap lies may show at the next event only.
  const limit = maxEvents !== undefined && chain ? maxEvents + 1 : (maxEvents ?? 0);
  const settings: Record<string, number> = {
    log: hook.logFunction.address,
    init: gcInit?.address ?? 0,
    max_events: limit,
    max_depth: maxDepth,
    area: range?.address ?? 0,
    area_bytes: range?.length ?? 0,
    watch: chain || !gcInit ? 1 : 0,
    table: variables?.allocTableStart ?? 0,
    table_bytes: variables?.allocTableByteLen ?? 0,
    next: chain?.next ?? 0,
    first: chain?.firstArea ?? 0,
    attached: attached ? 1 : 0,
  };
  for (const [name, value] of Object.entries(settings)) await link.mi.command(`-gdb-set var $hh_${name} = ${value}`);
  await sourceScript(link.mi, join(packageRoot, 'gdb-scripts', 'heap_harvest.py'));
}

function endOf(
  stop: StopRecord,
  stops: ReadonlyMap<number, string>,
  reader: GdbScriptReader,
  plan: HarvestPlan,
  signal: AbortSignal,
): EndReason {
  const label = stop.breakpoint === undefined ? undefined : stops.get(stop.breakpoint);
  if (label !== undefined) return new EndReason(`reached ${label}`, true);
  if (reader.limitReached) return new EndReason(`${plan.maxEvents} events were captured`, true);
  if (signal.aborted) return EndReason.of(signal);
  const where = stop.pc === undefined ? '' : ` at ${formatAddress(stop.pc)}`;
  return new EndReason(`the target stopped with ${stop.signal ?? stop.reason ?? 'no reason'}${where}`, false);
}
