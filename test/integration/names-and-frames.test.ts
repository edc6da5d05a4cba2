import test, { type ExecutionContext } from 'ava';
import { heapDiff } from '../../lib/analysis/diff.js';
import { loadBoard } from '../../lib/boards/load-board.js';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { openClient } from '../../lib/capture/direct/open-client.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine, openMiLink } from '../../lib/capture/gdb/gdb-engine.js';
import { firmwareNotes } from '../../lib/firmware/firmware-notes.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { attachTarget } from '../../lib/link/server/attach.js';
import type { Backtrace } from '../../lib/trace/heap-event.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { type ArmBuild, buildArm, missingTools } from '../support/arm-build.js';
import { captureMalloc, firstDifference } from '../support/malloc-capture.js';
import { notRun } from '../support/not-run.js';
import { startQemu } from '../support/qemu-server.js';

const PROGRAMS = 'test/symbols/programs';
const missing = missingTools(['arm-none-eabi-g++', 'gdb-multiarch', 'qemu-system-arm', 'arm-none-eabi-objcopy']);

/** A program for qemu's mps2-an385; undefined, said aloud, where a tool is not installed. */
function build(
  t: ExecutionContext,
  sources: readonly string[],
  options: Pick<ArmBuild, 'flags' | 'objcopy' | 'script'> = {},
): string | undefined {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const { flags = [], objcopy = [], script = 'mps2.ld' } = options;
  return buildArm({
    sources: [...sources, 'mps2-start.c'].map((name) => `${PROGRAMS}/${name}`),
    script: `${PROGRAMS}/${script}`,
    flags: ['-mcpu=cortex-m3', '-g', '-fno-builtin-malloc', ...flags],
    objcopy,
  });
}

async function capture(engine: Engine, elf: string): Promise<Trace> {
  const { trace, error } = await captureMalloc(engine, { elf, until: ['finished'] });
  if (error !== undefined) throw error;
  return trace;
}

function stacks(trace: Trace): Backtrace[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => backtraceOf(trace, trace.events.stack[seq] ?? -1));
}

function names(backtrace: Backtrace): string {
  return backtrace.map((frame) => frame.functionName || '??').join(' < ');
}

const oneSpelling = test.macro({
  async exec(t, options: Pick<ArmBuild, 'flags' | 'objcopy'>) {
    const elf = build(t, ['names.cpp'], options);
    if (elf === undefined) return;
    const direct = await capture(new DirectEngine(), elf);
    const gdb = await capture(new GdbEngine(await findGdb()), elf);
    t.true(direct.eventCount > 20);
    const diff = heapDiff(direct, gdb);
    t.deepEqual(
      diff.rows.flatMap(({ path, status }) => (status === 'same' ? [] : `${status} ${path}`)),
      [],
    );
    t.is(await firstDifference(direct, gdb, elf), undefined);
    const all = new Set(stacks(direct).flatMap((stack) => stack.map((frame) => frame.functionName)));
    // No name is left as the linker has it, and none has parameters or an empty pack's comma.
    t.deepEqual(
      [...all].filter(
        (name) => /^_Z|, >|<,|^[^(]*\([^)]*\)$/.test(name) && !name.includes('operator()') && !name.startsWith('('),
      ),
      [],
    );
  },
  title: (name = '') => `one C++ firmware has the same paths and spellings in both engines: ${name}`,
});
test('-O0', oneSpelling, { flags: ['-O0', '-std=gnu++17'] });
test('with code near address 0', oneSpelling, { flags: ['-Os', '-std=gnu++17', '-Wl,--defsym=CODE_BEGIN=0x100'] });

test('a function without an unwind entry of its own is not unwound by that of the function before it', async (t) => {
  const flags = ['-Os', '-flto', '-fno-toplevel-reorder'];
  const elf = build(t, ['borrowed.cpp', 'borrowed-c.c'], { flags, objcopy: ['--strip-debug'] });
  if (elf === undefined) return;
  const image = await loadFirmware(elf);
  const trace = await capture(new DirectEngine(), elf);
  const own = stacks(trace).filter((stack) => stack.some((frame) => frame.functionName === 'leaf'));
  const from = (stack: Backtrace) => names(stack.slice(stack.findIndex((frame) => frame.functionName === 'leaf')));
  t.deepEqual([...new Set(own.map(from))], ['leaf < middle < main', 'leaf < small < main']);
  t.true(own.every((stack) => stack.every((frame) => frame.certainty === 'guessed')));
  t.false(image.hasDebugInfo);
});

test('the root of a task is the function that its return address begins, in both engines', async (t) => {
  const elf = build(t, ['task-root.c'], { flags: ['-O1'] });
  if (elf === undefined) return;
  const direct = await capture(new DirectEngine(), elf);
  const gdb = await capture(new GdbEngine(await findGdb()), elf);
  for (const trace of [direct, gdb]) {
    const roots = stacks(trace).map((stack) => names(stack.slice(-3)));
    t.deepEqual([...new Set(roots)], ['work < task < prvTaskExitError']);
  }
  t.is(await firstDifference(direct, gdb, elf), undefined);
});

test('code that runs in RAM is verified where it is loaded to, by both engines, and other code is refused', async (t) => {
  const elf = build(t, ['ram-malloc.c'], { flags: ['-O1'] });
  const other = build(t, ['ram-malloc.c'], { flags: ['-O2', '-DOTHER'] });
  if (elf === undefined || other === undefined) return;
  const board = await loadBoard('qemu-mps2-an385');
  const firmware = await loadFirmware(elf);
  t.true((firmware.elfFile.section('.ramfunc')?.address ?? 0) >= 0x20000000);
  for (const [flashed, refused] of [
    [elf, false],
    [other, true],
  ] as const) {
    await using server = await startQemu('mps2-an385', flashed);
    const options = { elf, load: false, verify: true, reset: 'none', after: 'halt', notes: [] } as const;
    const target = await attachTarget(board, { kind: 'generic' }, { host: '127.0.0.1', port: server.port }, options);
    const direct = async () =>
      (await openClient(target, firmware, { signal: AbortSignal.timeout(200_000) })).detach(false);
    const gdb = async () => (await openMiLink(await findGdb(), target))[Symbol.asyncDispose]();
    for (const verify of [direct, gdb]) {
      if (refused) await t.throwsAsync(verify, { code: 'HH1504' });
      else await t.notThrowsAsync(verify);
    }
  }
});

for (const flags of [
  ['-O1', '-fno-optimize-sibling-calls'],
  ['-O2', '-fno-inline'],
  ['-Os', '-mcpu=cortex-m0'],
]) {
  test(`calls through a linker's veneers have the same, exact frames in both engines: ${flags.join(' ')}`, async (t) => {
    const elf = build(t, ['veneer.c'], { flags });
    if (elf === undefined) return;
    const image = await loadFirmware(elf);
    t.truthy(image.symbol('__ram_work_veneer'));
    t.truthy(image.symbol('__malloc_veneer'));
    const direct = await capture(new DirectEngine(), elf);
    const gdb = await capture(new GdbEngine(await findGdb()), elf);
    t.is(await firstDifference(direct, gdb, elf), undefined);
    for (const trace of [direct, gdb]) {
      const all = stacks(trace);
      t.true(all.length >= 7 && all.every((stack) => stack.at(-1)?.functionName === 'main'));
      t.true(all.every((stack) => stack.every(({ certainty }) => certainty === undefined)));
      const deepest = all.map(names).find((text) => text.includes('ram_inner < ram_work < ram_work'));
      t.is(deepest, 'malloc < ram_inner < ram_work < ram_work < ram_work < ram_work < main');
    }
  });
}

test('functions in overlays, and their callers, are guessed, and the firmware tells which sections share an address', async (t) => {
  const elf = build(t, ['overlay.c'], { flags: ['-O1'], script: 'overlay.ld' });
  if (elf === undefined) return;
  const image = await loadFirmware(elf);
  t.deepEqual(
    image.overlays.map(({ from, sections }) => [from, sections]),
    [[0x20100000, ['.ovl_one', '.ovl_two']]],
  );
  t.regex(firmwareNotes(image).join('\n'), /^overlays: \.ovl_one, \.ovl_two share 0x20100000 to 0x2010\w+; .* guessed/);
  const program = await findGdb();
  const engines = { direct: new DirectEngine(), gdb: new GdbEngine(program) };
  const direct = await capture(engines.direct, elf);
  const gdb = await capture(engines.gdb, elf);
  const auto = await capture(new AutoEngine({ ...engines, program }), elf);
  // gdb's guess at which one is there is no better than ours.
  t.is(auto.info.engineReport?.backtracesByGdbFromEvent, undefined);
  t.is(auto.info.engineReport?.checkedUpToAnOverlay, 3);
  for (const trace of [direct, gdb, auto]) {
    const through = stacks(trace).filter((stack) => stack.some(({ functionName }) => functionName === 'resident'));
    t.is(through.length, 3);
    for (const stack of through) {
      const from = stack.findIndex(({ functionName }) => /_part$/.test(functionName));
      t.true(from > 0 && stack.slice(0, from).every(({ certainty }) => certainty === undefined));
      t.true(stack.slice(from).every(({ certainty, kind }) => certainty === 'guessed' || kind === 'cut'));
    }
  }
});
