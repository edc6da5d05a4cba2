import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import type { HeapEvent } from '../../lib/trace/heap-event.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, eventAt, type Trace } from '../../lib/trace/trace.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { captureMalloc } from '../support/malloc-capture.js';
import { notRun } from '../support/not-run.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const START = 'test/symbols/programs';
const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

function build(t: ExecutionContext, name: string, flags: readonly string[]): string | undefined {
  if (missing.length === 0) {
    return buildArm({
      sources: [`test/capture/programs/${name}.c`, `${START}/mps2-start.c`],
      script: `${START}/mps2.ld`,
      flags: ['-mcpu=cortex-m3', '-g', '-O1', ...flags],
    });
  }
  return notRun(t, `${missing.join(', ')} not installed`);
}

/** Free events that realloc was told as: `resize` calls nothing else that frees. */
function freesOfRealloc(trace: Trace): number {
  return Array.from({ length: trace.eventCount }, (_, seq) => seq).filter((seq) => {
    const stack = backtraceOf(trace, trace.events.stack[seq] ?? -1);
    const isInterrupt = stack.some(({ functionName }) => functionName === 'PendSV_Handler');
    return (
      eventAt(trace, seq).kind === 'free' && !isInterrupt && stack.some((frame) => frame.functionName === 'resize')
    );
  }).length;
}

// newlib's own hands the place of few blocks on, nano's that of one a round and more.
for (const [library, least] of [
  ['newlib', 1],
  ['nano', 12],
] as const) {
  test(`${library}: what an interrupt allocates before realloc has returned contradicts nothing`, async (t) => {
    const elf = build(t, 'realloc-interrupted', library === 'nano' ? ['--specs=nano.specs'] : []);
    if (elf === undefined) return;
    for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
      const { trace, error } = await captureMalloc(engine, { elf, until: ['finished'] });
      t.is(error, undefined, engine.name);
      t.is(trace.info.doubtful, undefined, engine.name);
      t.is(trace.info.oracle?.outcome === 'differs', false, JSON.stringify(trace.info.oracle));
      // A realloc whose block was taken before its return is told as a free at its entry, and an allocation at its return.
      t.true(freesOfRealloc(trace) >= least, `${engine.name}: ${freesOfRealloc(trace)}`);
    }
  });
}

const CUSTOM = { allocator: 'custom', until: ['finished'] } as const;
const STRESS_HOOKS = ['take(size)', 'give(ptr)', 'resize(ptr, size)'];

function eventsOf(trace: Trace): readonly HeapEvent[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq));
}

/** With each realloc that was told in two halves told at its return: what `grow` frees it allocates anew. */
function inOrderOfReturn(trace: Trace): readonly HeapEvent[] {
  let from: number | undefined;
  return eventsOf(trace).flatMap((event, seq): HeapEvent[] => {
    const caller = backtraceOf(trace, trace.events.stack[seq] ?? -1)[0]?.functionName;
    if (caller !== 'grow') return [event];
    if (event.kind === 'free') from = event.address;
    if (event.kind !== 'alloc' || from === undefined) return event.kind === 'free' ? [] : [event];
    return [{ ...event, kind: 'realloc', fromAddress: from }];
  });
}

/** Events that give out a place that is alive, or take back one that is not. */
function contradictionsIn(events: readonly HeapEvent[]): number {
  const live = new Set<number>();
  let found = 0;
  for (const event of events) {
    const left = event.kind === 'realloc' ? event.fromAddress : event.kind === 'free' ? event.address : undefined;
    if (left !== undefined && !live.delete(left)) found++;
    if ((event.kind === 'alloc' || event.kind === 'realloc') && live.has(event.address)) found++;
    if (event.kind === 'alloc' || event.kind === 'realloc') live.add(event.address);
  }
  return found;
}

/*
 * 24 rounds of two allocations, a realloc and two frees. In the 8 rounds that are interrupted the interrupt allocates, and frees in
 * all of them but the first; their realloc is told in two halves: 24 * 5 + 8 + 7 + 8 = 143 events. In the order of returns the
 * interrupt's 8 allocations lie over a block that is alive, and of those 8 blocks, which the realloc's return then frees, it frees
 * 7 once more: 15 contradictions.
 */
test('24 reallocs, 8 of them interrupted by one that takes the place: 15 contradictions in the order of returns, none in ours', async (t) => {
  const elf = build(t, 'realloc-stress', []);
  if (elf === undefined) return;
  for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
    const { trace, error } = await captureMalloc(engine, { ...CUSTOM, elf, hooks: STRESS_HOOKS });
    t.is(error, undefined, engine.name);
    t.is(trace.info.doubtful, undefined, engine.name);
    t.is(trace.eventCount, 143, engine.name);
    t.is(contradictionsIn(eventsOf(trace)), 0, engine.name);
    t.is(contradictionsIn(inOrderOfReturn(trace)), 15, engine.name);
    t.deepEqual(lifespans(trace).findings, [], engine.name);
  }
});

/*
 * What the interrupt gives back unseen, in 7 rounds, is the realloc's of the round after. The first time: round 0 has 7 events, rounds 1
 * and 2 have 5 each, round 3 has 7 (its interrupt frees nothing that is seen), and round 4 allocates twice before its realloc: event 26.
 */
test('the same with frees that no hook sees: 7 contradictions make the capture doubtful, and the command ends with 4', async (t) => {
  const elf = build(t, 'realloc-stress', ['-DUNSEEN']);
  if (elf === undefined) return;
  const out = tempFolder(t);
  const hooks = STRESS_HOOKS.flatMap((hook) => ['--hook', hook]);
  const run = await runCli(['--board', 'qemu-mps2-an385', ...hooks, '--until', 'finished', '-o', out, elf]);
  t.is(run.status, 4, run.stderr);
  const { doubtful } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  t.is(doubtful, '7 events contradict the ones before, the first a reallocation over a live block (event 26)');
});

test('a block inside of one that is alive is a contradiction too, as one at its address', async (t) => {
  const elf = build(t, 'unseen-free', ['-fno-inline', '-DINSIDE']);
  if (elf === undefined) return;
  const { trace } = await captureMalloc(new DirectEngine(), {
    ...CUSTOM,
    elf,
    hooks: ['take(size)', 'give(ptr)'],
  });
  t.is(trace.info.doubtful, '1 event contradicts the ones before, the first an allocation over a live block (event 1)');
});

test('events that contradict each other make a capture doubtful: it says so, and the command ends with 4', async (t) => {
  const elf = build(t, 'unseen-free', ['-fno-inline']);
  if (elf === undefined) return;
  const out = tempFolder(t);
  const hooks = ['--hook', 'take(size)', '--hook', 'give(ptr)'];
  const run = await runCli(['--board', 'qemu-mps2-an385', ...hooks, '--until', 'finished', '-o', out, elf]);
  t.is(run.status, 4);
  t.regex(
    `${run.stdout}${run.stderr}`,
    /the capture is doubtful: 1 event contradicts the ones before, the first an allocation over a live block \(event 1\)/,
  );
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  t.regex(summary.doubtful, /^1 event contradicts/);
  const tree = await runCli(['tree', join(out, 'capture.harvest')]);
  t.regex(`${tree.stdout}${tree.stderr}`, /doubtful/);
});
