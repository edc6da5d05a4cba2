import test from 'ava';
import { callTree } from '../../lib/analysis/call-tree.js';
import { selectFrames } from '../../lib/analysis/select-frames.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { type Backtrace, CUT_FRAME, type Frame } from '../../lib/trace/heap-event.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';

const c = (functionName: string, address: number): Frame => ({ address, functionName, file: 'vm.c', line: address });
const py = (functionName: string, line: number): Frame => ({
  address: 0,
  functionName,
  file: 'code.py',
  line,
  kind: 'script',
});
// Innermost first; a script's frame before the loop that runs it.
const NESTED: Backtrace = [
  c('list_append', 10),
  py('read', 7),
  c('mp_execute_bytecode', 20),
  c('fun_bc_call', 30),
  py('<module>', 12),
  c('mp_execute_bytecode', 21),
  c('main', 40),
];
const NATIVE: Backtrace = [c('mp_init', 50), c('main', 41)];

const trace = traceOf([
  { kind: 'alloc', address: 0x100, sizeBytes: 32, backtrace: NESTED },
  { kind: 'alloc', address: 0x200, sizeBytes: 16, backtrace: NATIVE },
  { kind: 'alloc', address: 0x300, sizeBytes: 16, backtrace: [c('x', 1), py('deep', 3), CUT_FRAME] },
  { kind: 'alloc', address: 0x400, sizeBytes: 16 },
]);
const stacks = (of: Trace) =>
  Array.from(of.events.stack, (stack) =>
    backtraceOf(of, stack).map(({ functionName, line }) => `${functionName}:${line}`),
  );

test('script: the frames of scripts, and all of a backtrace that has none', (t) => {
  t.deepEqual(stacks(selectFrames(trace, 'script')), [
    ['read:7', '<module>:12'],
    ['mp_init:50', 'main:41'],
    ['deep:3', '[...]:0'],
    [],
  ]);
});

test('native: all but the frames of scripts', (t) => {
  t.deepEqual(stacks(selectFrames(trace, 'native')), [
    ['list_append:10', 'mp_execute_bytecode:20', 'fun_bc_call:30', 'mp_execute_bytecode:21', 'main:40'],
    ['mp_init:50', 'main:41'],
    ['x:1', '[...]:0'],
    [],
  ]);
});

test('mixed, and a trace without scripts, are as they were', (t) => {
  t.is(selectFrames(trace, 'mixed'), trace);
  const plain = traceOf([{ kind: 'alloc', address: 0x100, sizeBytes: 32, backtrace: NATIVE }]);
  t.is(selectFrames(plain, 'script'), plain);
  t.is(selectFrames(plain, 'native'), plain);
});

test('a call tree of scripts names lines of scripts', (t) => {
  const text = callTreeText(callTree(selectFrames(trace, 'script')));
  t.regex(text, /code\.py:12/);
  t.regex(text, /code\.py:7/);
  t.notRegex(text, /mp_execute_bytecode/);
});
