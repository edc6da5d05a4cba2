import test, { type ExecutionContext } from 'ava';
import { loadAllocator } from '../../lib/allocators/load-allocator.js';
import { captureSummary } from '../../lib/analysis/capture-summary.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import type { Board } from '../../lib/boards/board.js';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine, HarvestPlan } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeMallocPlan } from '../../lib/capture/plan/make-malloc-plan.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import type { Target } from '../../lib/link/server/target.js';
import type { Symbolizer } from '../../lib/symbols/symbolizer.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import type { Trace } from '../../lib/trace/trace.js';
import { cFirmware } from '../support/c-firmware.js';
import { type Captured, capture } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';

const SEEN_BEFORE = 150;

function checkAttached(t: ExecutionContext, trace: Trace): void {
  const summary = captureSummary(trace);
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
  t.is(trace.info.doubtful, undefined);
  t.deepEqual(summary.findings, [], 'every free finds its block');
  t.is(heapLeaks(trace).boundaries[0]?.beforeSeq, summary.existing, 'what was alive before is no leak of the window');
}

interface Attachment {
  readonly elf: string;
  readonly engine: Engine;
  readonly planOf: (image: Symbolizer, board: Board) => HarvestPlan;
  /** After so many the rest ends. */
  readonly maxEvents?: number;
}

/** Captures some events from the reset, lets go, and captures the rest on the same target, as a stranger to it. */
async function captureInTwo({ elf, engine, planOf, ...limit }: Attachment): Promise<{ first: Trace; rest: Trace }> {
  const board = await loadBoard('qemu-mps2-an385');
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  const plan = planOf(await loadFirmware(elf, board), board);
  const { signal } = new AbortController();
  const first = await capture(engine, { target, plan: { ...plan, maxEvents: SEEN_BEFORE }, signal });
  const running = { ...target, orders: { ...target.orders, resetCommands: [], verify: false } };
  const rest = await capture(engine, { target: running, plan: { ...plan, attached: true, ...limit }, signal });
  if (first.error ?? rest.error) throw first.error ?? rest.error;
  return { first: first.trace, rest: rest.trace };
}

/** Ends when it is told that the target does nothing. */
function captureUntilQuiet(engine: Engine, target: Target, plan: HarvestPlan): Promise<Captured> {
  const enough = new AbortController();
  const watched: Engine = {
    name: engine.name,
    async *harvest(...run) {
      for await (const record of engine.harvest(...run)) {
        if (record.kind === 'status') enough.abort();
        yield record;
      }
    },
  };
  return capture(watched, { target, plan, signal: enough.signal });
}

for (const name of ['direct', 'gdb'] as const) {
  test.serial(
    `${name}: attached in mid-run, what is alive is read from the tables, and every free finds its block`,
    async (t) => {
      t.timeout(300_000);
      const { rest } = await captureInTwo({
        engine: name === 'direct' ? new DirectEngine() : new GdbEngine(await findGdb()),
        elf: lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'split' }),
        planOf: (image, board) => makeLogPlan(image, board, { untilRepl: true }).plan,
      });
      checkAttached(t, rest);
      t.true(captureSummary(rest).existing > 100);
      // The kind survives the journal.
      const again = readJournal(Buffer.concat(journalBytes(rest))).build();
      t.is(captureSummary(again).existing, captureSummary(rest).existing);
    },
  );
}

test.serial('attached, as many events as were asked for end the capture, whatever was alive before', async (t) => {
  t.timeout(300_000);
  for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
    const { rest } = await captureInTwo({
      engine,
      elf: lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'split' }),
      planOf: (image, board) => makeLogPlan(image, board, { untilRepl: true }).plan,
      maxEvents: 30,
    });
    const { existing } = captureSummary(rest);
    t.true(existing > 30, engine.name);
    t.is(rest.eventCount - existing, 30, engine.name);
    t.is(rest.info.endReason, '30 events were captured', engine.name);
  }
});

test.serial(
  'attached where no change comes any more, what is alive is told, and that it stayed as it was',
  async (t) => {
    t.timeout(300_000);
    const board = await loadBoard('qemu-mps2-an385');
    const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'split' });
    const firmware = await loadFirmware(elf, board);
    for (const engine of [new DirectEngine(), new GdbEngine(await findGdb()), new GdbEngine(await findGdb(), false)]) {
      await using target = await connect(board, { elf });
      target.lost.catch(() => undefined);
      const { plan } = makeLogPlan(firmware, board, { untilRepl: true });
      const { signal } = new AbortController();
      const whole = await capture(new DirectEngine(), { target, plan, signal });
      t.is(whole.error, undefined, engine.name);
      // At its prompt the interpreter waits for input.
      const running = { ...target, orders: { ...target.orders, resetCommands: [], verify: false } };
      const { trace } = await captureUntilQuiet(engine, running, { ...plan, stops: [], attached: true });
      const summary = captureSummary(trace);
      t.is(summary.existing, captureSummary(whole.trace).liveAllocations, engine.name);
      t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
      t.is(trace.info.complete, false, engine.name);
    }
  },
);

test.serial('the same by malloc hooks, for a heap of blocks and for one of chunks', async (t) => {
  t.timeout(300_000);
  const profiles = [
    ['micropython-gc', lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'splitnolog' }), { untilRepl: true }],
    ['newlib', cFirmware('tasks', { LIBC: 'newlib', OPT: 'Og', ALLOC: 'libc', ROUNDS: 2 }), { until: ['tasks_done'] }],
  ] as const;
  for (const [allocator, elf, end] of profiles) {
    const profile = await loadAllocator(allocator);
    const { rest } = await captureInTwo({
      engine: new DirectEngine(),
      elf,
      planOf: (image, board) => makeMallocPlan(image, board, profile, end).plan,
    });
    // A call that was under way when the capture attached was not seen: findings may name its block.
    t.is(rest.info.oracle?.outcome, 'matched', JSON.stringify(rest.info.oracle));
    t.true(captureSummary(rest).existing > 0);
  }
});
