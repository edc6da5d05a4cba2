import { join } from 'node:path';
import test from 'ava';
import { callTree } from '../../lib/analysis/call-tree.js';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { backtraceOf } from '../../lib/trace/trace.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { captureMalloc } from '../support/malloc-capture.js';
import { notRun } from '../support/not-run.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const PROGRAMS = 'test/symbols/programs';
const program = () =>
  buildArm({
    sources: [`${PROGRAMS}/trustzone.c`],
    script: `${PROGRAMS}/trustzone.ld`,
    flags: ['-mcpu=cortex-m33', '-mcmse', '-O1', '-g', '-fno-builtin'],
  });
const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

test('the command line shows the same: a tree under [...], and how many backtraces are cut', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const out = tempFolder(t);
  const options = [
    '--board',
    'qemu-mps2-an505',
    '--hook',
    'heap_alloc(size)',
    '--hook',
    'heap_free(ptr)',
    '--until',
    'finished',
  ];
  const run = await runCli([...options, '-o', out, program()]);
  t.is(run.status, 0, run.stderr);
  t.regex(run.stdout, /8 of 10 .*(do not reach|cut)/);
  const tree = await runCli(['tree', '--total', join(out, 'capture.harvest')]);
  const lines = tree.stdout.split('\n').filter((line) => line.trim() !== '');
  // Two roots and no more: what reaches the reset handler, and what is cut behind the exception.
  const roots = lines.filter((line) => /blocks$/.test(line) && !/^ /.test(line) && !/total/.test(line));
  t.is(roots.length, 2, tree.stdout);
  t.regex(roots.join('\n'), /^\[\.\.\.\] \(cut\)/m);
  t.regex(roots.join('\n'), /Reset_Handler/);
  t.notRegex(tree.stdout, /ns_outer|ns_inner|ns_reset/);
});

test('a secure handler that interrupted non-secure code: its stack is cut behind the exception, in every engine', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const elf = program();
  const gdbProgram = await findGdb();
  const direct = new DirectEngine();
  const gdb = new GdbEngine(gdbProgram);
  const hooks = ['heap_alloc(size)', 'heap_free(ptr)'];
  const setup = { elf, boardName: 'qemu-mps2-an505', allocator: 'custom', hooks, until: ['finished'] };
  for (const engine of [direct, gdb, new AutoEngine({ direct, gdb, program: gdbProgram })]) {
    const { trace, error } = await captureMalloc(engine, setup);
    t.is(error, undefined, engine.name);
    const paths = Array.from(trace.events.stack, (stack) =>
      backtraceOf(trace, stack)
        .map(({ kind, functionName }) => (kind === 'signal' ? 'signal' : functionName))
        .join(' < '),
    );
    // 1 + 4 times alloc and free: before the secure state leaves for the other one, and in the handler.
    t.deepEqual(
      paths,
      [...Array(2).fill('work < Reset_Handler'), ...Array(8).fill('work < SysTick_Handler < signal < [...]')],
      engine.name,
    );
    t.is(stackDoubts(trace)?.cutEvents, 8, engine.name);
    const text = callTreeText(callTree(trace), { figure: 'total' });
    t.regex(
      text,
      /^\[\.\.\.\] \(cut\) \d+ blocks\n +0xffffffb\w <signal handler called> \d+ blocks\n.*SysTick_Handler/m,
      engine.name,
    );
    t.regex(text, /\nbacktraces: 8 of 10 do not reach the outermost call/, engine.name);
    t.false(
      trace.notes.some(({ code }) => code === 'engine-fallback'),
      engine.name,
    );
  }
});
