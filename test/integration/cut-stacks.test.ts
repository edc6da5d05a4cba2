import test, { type ExecutionContext } from 'ava';
import { callTree } from '../../lib/analysis/call-tree.js';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { FIELD_HOOKS, type FieldFirmware, fieldFirmware } from '../support/field-firmware.js';
import { captureMalloc } from '../support/malloc-capture.js';

const program = await findGdb();
const direct = new DirectEngine();
const gdb = new GdbEngine(program);
const ENGINES: readonly Engine[] = [direct, gdb, new AutoEngine({ direct, gdb, program })];

/** The call paths of the events, outermost first: `[...] > via_asm > parse`; each once, in order of appearance. */
function paths(trace: Trace): string[] {
  const all = Array.from(trace.events.stack, (stack) =>
    backtraceOf(trace, stack)
      .map(({ functionName }) => functionName)
      .reverse()
      .join(' > '),
  );
  return [...new Set(all)];
}

interface Expected {
  readonly paths: readonly string[];
  readonly cutEvents: number;
  readonly guessedEvents: number;
}

const captures = test.macro(async (t: ExecutionContext, firmware: FieldFirmware, expected: Expected) => {
  const setup = { elf: fieldFirmware(firmware), allocator: 'custom', hooks: FIELD_HOOKS, until: ['done'] };
  for (const engine of ENGINES) {
    const { trace, error } = await captureMalloc(engine, setup);
    t.is(error, undefined);
    t.deepEqual(paths(trace), expected.paths, `${engine.name}: ${trace.info.endReason}`);
    const doubts = stackDoubts(trace);
    t.is(doubts?.cutEvents ?? 0, expected.cutEvents, engine.name);
    t.is(doubts?.guessedEvents ?? 0, expected.guessedEvents, engine.name);
    t.false(
      trace.notes.some(({ code }) => code === 'engine-fallback'),
      engine.name,
    );
  }
});

const WHOLE: Expected = {
  paths: ['reset_handler > main > app > parse', 'reset_handler > main > app > handler > big_buffer > parse'],
  cutEvents: 0,
  guessedEvents: 0,
};

test.serial('a stack of more than 16 KiB is read to its end', captures, { kind: 'DEEP', bufferBytes: 20_000 }, WHOLE);

test.serial(
  'a stack outside of the RAM that the board knows is read all the same',
  captures,
  {
    kind: 'DEEP',
    bufferBytes: 2_000,
    symbols: { stack_top: 0x390000 },
  },
  WHOLE,
);

test.serial(
  'the stack of a task that lies outside of the known RAM and is deeper than 16 KiB is read to its end',
  captures,
  {
    kind: 'OTHER_STACK',
    bufferBytes: 20_000,
    symbols: { app_stack_top: 0x3a0000 },
  },
  {
    paths: ['main > app > parse', 'main > app > handler > big_buffer > parse'],
    cutEvents: 0,
    guessedEvents: 0,
  },
);

test.serial(
  'a stack that lies across the stack pointer of the vector table is read to its end',
  captures,
  {
    kind: 'OTHER_STACK',
    bufferBytes: 2_000,
  },
  {
    paths: ['main > app > parse', 'main > app > handler > big_buffer > parse'],
    cutEvents: 0,
    guessedEvents: 0,
  },
);

const downs = (count: number) => Array(count).fill('down').join(' > ');
test.serial(
  'a backtrace of 128 frames is whole, one of 129 is cut, and marked',
  captures,
  { kind: 'RECURSION' },
  {
    // down(20), down(126), down(127), down(300) under main: 22, 128, 129 and 302 frames.
    paths: [`main > ${downs(21)}`, `main > ${downs(127)}`, `[...] > ${downs(128)}`],
    cutEvents: 2,
    guessedEvents: 0,
  },
);

test.serial(
  'a backtrace that goes round in circles in code without unwind information keeps its event, marked',
  captures,
  {
    kind: 'CIRCLES',
  },
  {
    paths: ['[...] > via_asm > one_block > parse'],
    cutEvents: 4,
    guessedEvents: 4,
  },
);

test.serial(
  'a function that saves its registers unknown to the compiler cuts the backtrace, and this is marked',
  captures,
  {
    kind: 'BARE',
  },
  {
    paths: ['[...] > bare > one_block > parse', 'main > parse'],
    cutEvents: 2,
    guessedEvents: 0,
  },
);

test.serial(
  'what hidden pushes leave for a return address, 0 or a function, is no root of a function that the code calls: cut, and marked',
  captures,
  {
    kind: 'PUSHES',
  },
  {
    paths: ['[...] > pushes > one_block > parse', 'main > parse'],
    cutEvents: 4,
    guessedEvents: 0,
  },
);

test.serial(
  'in the tree a cut path hangs under [...] and is no root, and the text says how many are cut and guessed',
  async (t) => {
    const setup = {
      elf: fieldFirmware({ kind: 'CIRCLES' }),
      allocator: 'custom',
      hooks: FIELD_HOOKS,
      until: ['done'],
    };
    const { trace } = await captureMalloc(direct, setup);
    const tree = callTree(trace);
    t.deepEqual(
      tree.root.children.map(({ location }) => location),
      ['[...]'],
    );
    const text = callTreeText(tree, { figure: 'total', maxDepth: 1 });
    t.regex(text, /^\[\.\.\.\] \(cut\) \d+ blocks\n/);
    t.regex(text, /\nbacktraces: 4 of 4 do not reach the outermost call: \[\.\.\.\] stands for the rest\n/);
    t.regex(text, /\nbacktraces: 4 of 4 are guessed in part \(1 frames; .*\), from via_asm on outwards\n/);
  },
);
