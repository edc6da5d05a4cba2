import test from 'ava';
import { compareBacktraces } from '../../lib/harvest/backtrace-check.js';
import type { Frame } from '../../lib/trace/heap-event.js';

const frame = (functionName: string, extra: Partial<Frame> = {}): Frame => ({
  address: 0x100 + functionName.length,
  functionName,
  file: 'a.c',
  line: 1,
  ...extra,
});

test('the same frames are the same, whatever their kind is called', (t) => {
  const tail = frame('free', { kind: 'tail' });
  t.deepEqual(compareBacktraces([tail, frame('main')], [frame('free'), frame('main')]), { outcome: 'same' });
});

test('a tail call that gdb leaves out is explained, anywhere in the backtrace', (t) => {
  const ours = [frame('release'), frame('free', { kind: 'tail' }), frame('main')];
  t.deepEqual(compareBacktraces(ours, [frame('release'), frame('main')]), { outcome: 'explained' });
});

test('a missing frame of another kind is a difference, and so is one that gdb has more', (t) => {
  const outcome = (ours: Frame[], gdbs: Frame[]) => compareBacktraces(ours, gdbs);
  t.deepEqual(outcome([frame('a'), frame('b'), frame('main')], [frame('a'), frame('main')]), {
    outcome: 'differs',
    frame: 1,
    ours: 'b at a.c:1',
    gdbs: 'main at a.c:1',
  });
  t.is(outcome([frame('a')], [frame('a'), frame('main')]).outcome, 'differs');
  t.is(outcome([frame('a'), frame('t', { kind: 'tail' })], [frame('a'), frame('main')]).outcome, 'differs');
});

test('another line of the same function is a difference', (t) => {
  t.is(compareBacktraces([frame('a', { line: 2 })], [frame('a')]).outcome, 'differs');
});

test('a line above 65,535 counts as the same when gdb has cut it to 16 bits', (t) => {
  const ours = [frame('sqlite3_initialize', { line: 187_510 })];
  t.deepEqual(compareBacktraces(ours, [frame('sqlite3_initialize', { line: 56_438 })]), { outcome: 'same' });
  t.is(compareBacktraces(ours, [frame('sqlite3_initialize', { line: 56_439 })]).outcome, 'differs');
  t.is(compareBacktraces([frame('a', { line: 1 })], [frame('a', { line: 65_537 })]).outcome, 'differs');
});
