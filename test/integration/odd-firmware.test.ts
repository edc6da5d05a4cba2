import test, { type ExecutionContext } from 'ava';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { type ArmBuild, buildArm, hasTool, missingTools } from '../support/arm-build.js';
import { captureMalloc, firstDifference, referenceForm } from '../support/malloc-capture.js';
import { notRun } from '../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);
const START = 'test/symbols/programs';

function build(name: string, flags: readonly string[], compiler: ArmBuild['compiler'] = 'gcc'): string {
  return buildArm({
    sources: [`test/capture/programs/${name}.c`, `${START}/mps2-start.c`],
    script: `${START}/mps2.ld`,
    flags: ['-mcpu=cortex-m3', '-g', ...flags],
    compiler,
  });
}

async function inAllEngines(t: ExecutionContext, elf: string): Promise<Record<'direct' | 'gdb' | 'auto', Trace>> {
  const program = await findGdb();
  const direct = new DirectEngine();
  const gdb = new GdbEngine(program);
  const setup = { elf, allocator: 'custom', hooks: ['take(size)', 'give(ptr)'], until: ['finished'] };
  const traceOf = async (engine: DirectEngine | GdbEngine | AutoEngine) => {
    const { trace, error } = await captureMalloc(engine, setup);
    t.is(error, undefined, engine.name);
    t.is(trace.info.complete, true, `${engine.name}: ${trace.info.endReason}`);
    t.is(trace.info.doubtful, undefined, engine.name);
    return trace;
  };
  return {
    direct: await traceOf(direct),
    gdb: await traceOf(gdb),
    auto: await traceOf(new AutoEngine({ direct, gdb, program })),
  };
}

test('an allocator that is copied to RAM, on a stack that ends in zeros, is no target that is gone', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const traces = await inAllEngines(t, build('ram-hook', ['-O1']));
  for (const trace of Object.values(traces)) {
    t.deepEqual(
      referenceForm(trace).map((line) => line.replace(/[0-9a-f]{8}/, 'block')),
      [8, 9, 10].flatMap((size) => [`block ${size}`, 'free block']),
    );
  }
});

/** The paths of allocations, outermost first; the exception frame as <>, without the functions that clang made of code that occurs twice. */
function paths(trace: Trace): string[] {
  return Array.from(trace.events.stack, (stack) =>
    backtraceOf(trace, stack)
      .map(({ kind, functionName }) => (kind === 'signal' ? '<>' : functionName))
      .filter((name) => !name.startsWith('OUTLINED_FUNCTION_'))
      .reverse()
      .join(' '),
  ).filter((_, seq) => seq % 2 === 0);
}

for (const [compiler, flags] of [
  ['gcc', ['-O1', '-fno-inline', '-fno-optimize-sibling-calls']],
  ['gcc', ['-O2', '-fno-inline', '-fno-optimize-sibling-calls']],
  ['clang', ['-Oz', '-fno-optimize-sibling-calls']],
] as const) {
  test(`${compiler} ${flags[0]}: frames of any size, late prologues and nested exceptions, the same in all engines`, async (t) => {
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
    if (!hasTool(compiler === 'clang' ? 'clang' : 'arm-none-eabi-gcc')) return notRun(t, 'no clang');
    const elf = build('odd-frames', flags, compiler);
    const { direct, gdb, auto } = await inAllEngines(t, elf);
    const from = (...names: string[]) => ['main', ...names].join(' ');
    // of_any_size in each round, seldom twice in the last two, then SysTick, PendSV within it, SysTick.
    const sized = from('of_any_size', 'use');
    const systick = from('interrupted', 'pend', '<>', 'SysTick_Handler');
    const expected = [
      ...[sized, sized, sized, from('seldom'), from('seldom'), sized, from('seldom'), from('seldom')],
      ...[systick, `${systick} <> PendSV_Handler`, systick],
    ];
    t.deepEqual(paths(direct), expected);
    t.is(await firstDifference(direct, gdb, elf), undefined);
    t.is(await firstDifference(auto, gdb, elf), undefined);
  });
}
