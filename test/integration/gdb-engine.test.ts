import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { EndReason } from '../../lib/capture/end-reason.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { decodeAll } from '../../lib/formats/format.js';
import { gdbLog } from '../../lib/formats/gdb-log.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import { isHeapEvent } from '../../lib/trace/heap-event.js';
import { backtraceOf, EVENT_KINDS, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { capture, captureInQemu, eventLines } from '../support/capture.js';
import { historyText } from '../support/history-text.js';
import { lispFirmware, symbolAddresses } from '../support/lisp-firmware.js';
import { tempFolder } from '../support/temp-folder.js';

const small = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const TINY = { board: 'mps2-an385', opt: 'Og', variant: 'tiny' } as const;
const setup = () => ({ boardName: 'qemu-mps2-an385', elf: small() });

/** What gdb's text output can tell of an event. */
function plainLines(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => {
    const frames = backtraceOf(trace, trace.events.stack[seq] ?? -1);
    const stack = frames.map(
      (frame) => `${frame.address.toString(16)} ${frame.functionName}@${frame.file}:${frame.line}`,
    );
    const block = ((trace.events.address[seq] ?? 0) - (trace.regions[0]?.baseAddress ?? 0)) / 16;
    return `${EVENT_KINDS[trace.events.kind[seq] ?? 0]} ${block} ${trace.events.sizeBytes[seq]} | ${stack.join(' < ')}`;
  });
}

test.serial('every backtrace of the small variant equals gdb’s own bt at that event', async (t) => {
  t.timeout(120_000);
  const { trace } = await captureInQemu(new GdbEngine(await findGdb()), setup());
  const elf = small();
  const addressOf = symbolAddresses(elf);
  const script = join(tempFolder(t), 'bt.gdb');
  await using target = await connect(await loadBoard('qemu-mps2-an385'), { elf });
  target.lost.catch(() => undefined);
  const settings = [
    'confirm off',
    'pagination off',
    'width 0',
    'osabi none',
    'print entry-values no',
    'trust-readonly-sections on',
  ];
  writeFileSync(
    script,
    [
      ...settings.map((setting) => `set ${setting}`),
      `target extended-remote ${target.server.host}:${target.server.port}`,
      `hbreak *${addressOf('gc_log_change')}`,
      'commands\nbacktrace\np/x $r0\np/x $r1\ncontinue\nend',
      `hbreak *${addressOf('pyexec_friendly_repl')}`,
      'continue',
    ].join('\n'),
  );
  const { path } = await findGdb();
  const run = promisify(execFile);
  const { stdout } = await run(path, ['-nx', '-batch', '-x', script, elf], {
    maxBuffer: 1 << 26,
    timeout: 100_000,
  });
  const builder = new TraceBuilder();
  decodeAll(gdbLog, new TextEncoder().encode(stdout), builder);
  const expected = plainLines(builder.build());
  t.true(expected.length > 200);
  t.deepEqual(plainLines(trace), expected);
});

test.serial('two runs give byte-identical histories, and so does gdb without its Python', async (t) => {
  t.timeout(120_000);
  const program = await findGdb();
  const runs = [new GdbEngine(program), new GdbEngine(program), new GdbEngine(program, false)];
  const histories: string[] = [];
  for (const engine of runs) {
    const { trace, error } = await captureInQemu(engine, setup());
    t.is(error, undefined);
    t.is(trace.info.oracle?.outcome, 'matched');
    histories.push(historyText(trace));
  }
  t.true((histories[0] ?? '').length > 10_000);
  t.is(histories[1], histories[0]);
  t.is(histories[2], histories[0]);
});

for (const usePython of [true, false]) {
  const where = usePython ? 'in gdb' : 'over MI';
  test.serial(`a soft reboot begins a new epoch, and the number of events can be bounded (${where})`, async (t) => {
    t.timeout(180_000);
    const elf = small();
    const board = await loadBoard('qemu-mps2-an385');
    await using target = await connect(board, { elf });
    target.lost.catch(() => undefined);
    // Ctrl-D waits in the UART until the REPL reads it.
    target.writeConsole?.('\x04');
    const plan = makeLogPlan(await loadFirmware(elf, board), board, { maxEvents: 1000 }).plan;
    const engine = new GdbEngine(await findGdb(), usePython);
    const { trace, error } = await capture(engine, { target, plan, signal: new AbortController().signal });
    t.is(error, undefined);
    t.is(trace.eventCount, 1000);
    t.is(trace.epochs.length, 1);
    t.is(trace.epochs[0]?.reason, 'gc_init');
    t.is(trace.info.endReason, '1000 events were captured');
    t.is(trace.info.oracle?.outcome, 'matched');
    t.true(trace.info.complete);
  });

  test.serial(`an interrupt ends the capture cleanly and keeps its events (${where})`, async (t) => {
    t.timeout(180_000);
    const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'bootloop' });
    const control = new AbortController();
    const gdb = new GdbEngine(await findGdb(), usePython);
    const engine: Engine = {
      name: 'gdb',
      async *harvest(target, plan, signal) {
        let events = 0;
        for await (const record of gdb.harvest(target, plan, signal)) {
          if (isHeapEvent(record) && ++events === 20) control.abort(new EndReason('enough', false));
          yield record;
        }
      },
    };
    const { trace, error } = await captureInQemu(engine, { ...setup(), elf, signal: control.signal });
    t.is(error, undefined);
    t.true(trace.eventCount >= 20);
    t.regex(trace.info.endReason ?? '', /^enough; the target is in /);
    t.false(trace.info.complete);
    t.not(trace.info.oracle?.outcome, 'differs');
  });
}

for (const usePython of [true, false])
  test.serial(
    `a target that is lost throws its cause behind a gap, with every event so far kept (${usePython ? 'in gdb' : 'over MI'})`,
    async (t) => {
      t.timeout(180_000);
      const elf = small();
      const board = await loadBoard('qemu-mps2-an385');
      const target = await connect(board, { elf });
      target.lost.catch(() => undefined);
      const plan = makeLogPlan(await loadFirmware(elf, board), board, { untilRepl: true }).plan;
      const builder = new TraceBuilder();
      const engine = new GdbEngine(await findGdb(), usePython);
      const error = await t.throwsAsync(
        (async () => {
          for await (const record of engine.harvest(target, plan, new AbortController().signal)) {
            builder.add(record);
            if (builder.eventCount === 100) await target[Symbol.asyncDispose]();
          }
        })(),
      );
      // Why the server ended, when that is known first; gdb 13 itself may crash when the link breaks while its Python walks the stack.
      t.regex(
        error?.message ?? '',
        /QEMU: was stopped|target: connection lost while it ran: .|gdb: ended with SIG|gdb: -/,
      );
      t.true(builder.eventCount >= 100);
      const { info, gaps } = builder.build();
      t.deepEqual(gaps, [{ beforeSeq: builder.eventCount, reason: `connection lost: ${error?.message}` }]);
      t.is(info.endReason, gaps[0]?.reason);
      t.false(info.complete);
    },
  );

test.serial('a corrupt stack neither hangs the capture nor loses events', async (t) => {
  t.timeout(180_000);
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'corrupt' });
  const { trace, error } = await captureInQemu(new GdbEngine(await findGdb()), { ...setup(), elf });
  t.is(error, undefined);
  t.is(trace.info.endReason, 'reached pyexec_friendly_repl');
  t.is(trace.info.oracle?.outcome, 'matched');
  t.true(eventLines(trace).every((line) => line.split(' < ').length <= 128));
});

test.serial('a heap that is exhausted is captured to the end', async (t) => {
  t.timeout(180_000);
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'exhaust' });
  const { trace, error } = await captureInQemu(new GdbEngine(await findGdb()), { ...setup(), elf });
  t.is(error, undefined);
  t.is(trace.info.oracle?.outcome, 'matched');
});

test.serial('a target that runs another firmware is refused before the capture', async (t) => {
  t.timeout(180_000);
  const board = await loadBoard('qemu-mps2-an385');
  await using target = await connect(board, { elf: small() });
  target.lost.catch(() => undefined);
  const other = lispFirmware({ board: 'mps2-an385', opt: 'Os', variant: 'big' });
  const gdbServer = `${target.server.host}:${target.server.port}`;
  await using attached = await connect(board, { elf: other, gdbServer, server: 'generic' });
  const plan = makeLogPlan(await loadFirmware(other, board), board, { untilRepl: true }).plan;
  const engine = new GdbEngine(await findGdb());
  const { error } = await capture(engine, { target: attached, plan, signal: new AbortController().signal });
  t.like(error, { code: 'HH1504' });
});

test.serial('a server that does not listen is an error with its address', async (t) => {
  const board = await loadBoard('metro_m0_express');
  const elf = lispFirmware({ board: 'microbit', opt: 'Og', variant: 'small' });
  await t.throwsAsync(connect(board, { elf, gdbServer: '127.0.0.1:9' }), {
    code: 'HH1501',
    message: /127\.0\.0\.1:9: found no debug server: .*refused/i,
  });
});

test.serial(
  'both of gdb’s loops tell how long the target was halted, and the times of stops and commands',
  async (t) => {
    t.timeout(120_000);
    const gdb = await findGdb();
    for (const [engine, name] of [
      [new GdbEngine(gdb), gdb.hasPython ? 'stop' : 'roundTrip'],
      [new GdbEngine(gdb, false), 'roundTrip'],
    ] as const) {
      const { trace } = await captureInQemu(engine, { ...setup(), elf: lispFirmware(TINY) });
      const report = trace.info.engineReport ?? {};
      const times = ['P50Ms', 'P95Ms', 'P99Ms', 'MaxMs'].map((figure) => Number(report[`${name}${figure}`]));
      t.true((times[0] ?? 0) > 0, JSON.stringify(report));
      t.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
      const halted = Number(report.haltedPercent ?? report.haltedAtLeastPercent);
      t.true(halted > 0 && halted <= 100, JSON.stringify(report));
    }
  },
);
