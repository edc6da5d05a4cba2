import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { RspLink } from '../../lib/capture/direct/rsp-link.js';
import { SnapshotReader } from '../../lib/capture/direct/stop-snapshot.js';
import { StopUnwinder } from '../../lib/capture/direct/stop-unwinder.js';
import { TargetRun } from '../../lib/capture/direct/target-run.js';
import { EndReason } from '../../lib/capture/end-reason.js';
import type { Engine } from '../../lib/capture/engine.js';
import { harvestLogByLink } from '../../lib/capture/log/link-log-loop.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { resymbolize } from '../../lib/firmware/resymbolize.js';
import { SymbolizerUnwinder } from '../../lib/firmware/symbolizer-unwinder.js';
import { RspClient } from '../../lib/link/rsp/rsp-client.js';
import { connect } from '../../lib/link/server/connect.js';
import { capture, captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Os', variant: 'small' });
const setup = { boardName: 'qemu-mps2-an385', elf };
const reference = await captureInQemu(new DirectEngine(), setup);
const expected = eventLines(reference.trace);

test('two round trips an event, one in the one-write mode, and the same events', async (t) => {
  const oneWrite = await captureInQemu(new DirectEngine({ oneWrite: true }), setup);
  t.deepEqual(eventLines(oneWrite.trace), expected);
  t.is(oneWrite.trace.info.oracle?.outcome, 'matched');
  const trips = (report: Readonly<Record<string, unknown>> | undefined) => Number(report?.roundTripsPerEvent);
  // Besides the events there are the start, the pool's place, gc_init and the end: less than 40 trips for 557 events.
  t.true(trips(reference.trace.info.engineReport) < 2.3, `${trips(reference.trace.info.engineReport)}`);
  const { roundTripP50Ms, roundTripP95Ms, roundTripP99Ms, roundTripMaxMs, haltedPercent } = Object.fromEntries(
    Object.entries(reference.trace.info.engineReport ?? {}).map(([name, value]) => [name, Number(value)]),
  );
  const times = [roundTripP50Ms, roundTripP95Ms, roundTripP99Ms, roundTripMaxMs].map((ms) => ms ?? 0);
  t.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  t.true((times[0] ?? 0) > 0);
  t.true((haltedPercent ?? -1) > 0 && (haltedPercent ?? 101) <= 100);
  t.true(trips(oneWrite.trace.info.engineReport) < 1.2, `${trips(oneWrite.trace.info.engineReport)}`);
});

test('the same events when the stack has no known end: it is learnt from the first of them', async (t) => {
  const withoutFlash = (area: { readonly kind: string }) => area.kind !== 'flash';
  const unknownTop = await captureInQemu(new DirectEngine(), {
    ...setup,
    through: (target) => ({ ...target, board: { ...target.board, memory: target.board.memory.filter(withoutFlash) } }),
  });
  t.deepEqual(eventLines(unknownTop.trace), expected);
});

test('a session over the protocol client captures the same, stepping over breakpoints', async (t) => {
  const sessions: Engine = {
    name: 'direct',
    async *harvest(target, plan, signal) {
      const { host, port } = target.server;
      const image = await loadFirmware(target.elf);
      const client = await RspClient.connect({ host, port, ackless: true });
      const reader = new SnapshotReader(client, [], [{ address: 0x20000000, length: 0x400000 }]);
      const stacks = new StopUnwinder(new SymbolizerUnwinder(image), reader);
      const run = new TargetRun(client, undefined);
      await using link = new RspLink({ client, reader, stacks, run }, { words: [], keepSamples: false });
      const { hook } = plan;
      if (hook.type === 'gc-log') yield* harvestLogByLink(link, { ...plan, hook, maxEvents: 200 }, signal);
    },
  };
  const { trace, error } = await captureInQemu(sessions, setup);
  t.is(error, undefined);
  t.deepEqual(eventLines(trace), expected.slice(0, 200));
});

test('ends at the limit of events with the target halted and the oracle matched', async (t) => {
  const { trace } = await captureInQemu(new DirectEngine(), { ...setup, plan: { maxEvents: 100 } });
  t.deepEqual(eventLines(trace), expected.slice(0, 100));
  t.is(trace.info.endReason, '100 events were captured');
  t.is(trace.info.oracle?.outcome, 'matched');
  t.is(trace.rawSamples.length, 100);
});

test('an abort ends it cleanly with what was captured, and leaves no breakpoint behind', async (t) => {
  const board = await loadBoard(setup.boardName);
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  const image = await loadFirmware(elf, board);
  const { plan } = makeLogPlan(image, board, { untilRepl: true });
  const abort = new AbortController();
  const lines: string[] = [];
  for await (const record of new DirectEngine().harvest(target, plan, abort.signal)) {
    if (record.kind === 'alloc' && lines.push(record.kind) === 20) abort.abort(new EndReason('enough', true));
    if (record.kind === 'info' && record.info.endReason !== undefined) t.is(record.info.endReason, 'enough');
  }
  t.true(lines.length >= 20);
  // The target runs on freely: with a breakpoint left over it would stop at the next event.
  const { host, port } = target.server;
  const client = await RspClient.connect({ host, port, ackless: true });
  const end = makeLogPlan(image, board, { untilRepl: true }).plan.stops[0]?.address ?? 0;
  await client.breakpoints.set(end);
  await client.run();
  t.is((await client.registers())[15], end);
  await client.detach(false);
});

test('a target that ends in the middle is an error, after everything so far and a gap', async (t) => {
  const board = await loadBoard(setup.boardName);
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  const { plan } = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true });
  const dying: Engine = {
    name: 'direct',
    async *harvest(...args) {
      let events = 0;
      for await (const record of new DirectEngine().harvest(...args)) {
        if (record.kind === 'alloc' && ++events === 50) await target[Symbol.asyncDispose]();
        yield record;
      }
    },
  };
  const { trace, error } = await capture(dying, { target, plan, signal: new AbortController().signal });
  t.true(error instanceof Error, String(error));
  t.true(trace.eventCount >= 50);
  t.deepEqual(eventLines(trace), expected.slice(0, trace.eventCount));
  t.is(trace.info.complete, false);
  t.regex(trace.gaps[0]?.reason ?? '', /^connection lost: /);
});

test('a capture with a stripped ELF file is mended by the whole one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const stripped = join(folder, 'stripped.elf');
  execFileSync('arm-none-eabi-objcopy', ['--strip-debug', elf, stripped]);
  const whole = await loadFirmware(elf);
  const { plan } = makeLogPlan(whole, await loadBoard(setup.boardName), { untilRepl: true });
  const { trace } = await captureInQemu(new DirectEngine(), {
    ...setup,
    elf: stripped,
    plan: { ...plan, firmware: await loadFirmware(stripped) },
  });
  t.notDeepEqual(eventLines(trace), expected);
  const mended = resymbolize(trace, whole);
  t.deepEqual(eventLines(mended.trace), expected);
  t.deepEqual([mended.unwound, mended.kept], [expected.length, 0]);
  t.deepEqual(mended.trace.regions, reference.trace.regions);
  t.deepEqual(mended.trace.rawSamples, trace.rawSamples);
});
