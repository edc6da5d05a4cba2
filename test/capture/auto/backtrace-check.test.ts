import test from 'ava';
import { compareBacktraces } from '../../../lib/capture/auto/backtrace-check.js';
import { CUT_FRAME, type Frame } from '../../../lib/trace/heap-event.js';

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
  t.deepEqual(compareBacktraces(ours, [frame('release'), frame('main')]), { outcome: 'explained', by: 'tail-calls' });
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

test('where gdb ends early, what we guess beyond is explained; what we are sure of is not', (t) => {
  const gdbs = [frame('a')];
  const guessed = frame('main', { certainty: 'guessed' });
  t.deepEqual(compareBacktraces([frame('a'), guessed], gdbs), { outcome: 'explained', by: 'ends-early' });
  t.is(compareBacktraces([frame('a'), frame('main')], gdbs).outcome, 'differs');
  t.is(compareBacktraces([frame('a'), guessed], [frame('a'), frame('other')]).outcome, 'differs');
});

test('a function that the symbol table does not have there is gdb’s mistake, with the calls inlined into it', (t) => {
  const at = { address: 0x3a2 };
  const ours = [frame('glue', { ...at, inlined: true }), frame('__sfp', at), frame('main')];
  const gdbs = [frame('discarded', { ...at, file: '', line: 0 }), frame('main')];
  const table =
    (...names: string[]) =>
    (name: string, address: number) =>
      names.includes(name) && address === 0x3a1;
  t.deepEqual(compareBacktraces(ours, gdbs, { hasFunction: table('__sfp') }), {
    outcome: 'explained',
    by: 'wrong-name',
  });
  t.is(compareBacktraces(ours, gdbs, { hasFunction: table('discarded') }).outcome, 'differs');
  t.is(compareBacktraces(ours, gdbs, { hasFunction: table('__sfp', 'discarded') }).outcome, 'differs');
  t.is(compareBacktraces(ours, gdbs).outcome, 'differs');
  t.is(
    compareBacktraces(ours, [frame('discarded', { address: 0x400 }), frame('main')], { hasFunction: table('__sfp') })
      .outcome,
    'differs',
  );
});

test('the parameters that gdb shows of C++ functions are no difference, other names are', (t) => {
  const names = (ours: string, gdbs: string) =>
    compareBacktraces(
      [frame('a'), { ...frame('x'), functionName: ours }],
      [frame('a'), { ...frame('x'), functionName: gdbs }],
    ).outcome;
  t.is(names('operator new', 'operator new(unsigned int)'), 'same');
  t.is(names('Pool::take', 'Pool::take(unsigned int, void (*)(int)) const'), 'same');
  t.is(names('Pool::operator()', 'Pool::operator()(int)'), 'same');
  t.is(names('operator new', 'operator delete(void*)'), 'differs');
});

test('backtraces that are cut at the same frame agree up to there only', (t) => {
  t.deepEqual(compareBacktraces([frame('a'), CUT_FRAME], [frame('a'), CUT_FRAME]), { outcome: 'explained', by: 'cut' });
  t.deepEqual(compareBacktraces([frame('a'), CUT_FRAME], [frame('a')]), { outcome: 'explained', by: 'cut' });
  t.is(compareBacktraces([frame('a'), CUT_FRAME], [frame('a'), frame('main')]).outcome, 'differs');
});

test('the names in a difference are short, however long C++ makes them', (t) => {
  const long = `std::map<${'std::vector<int>, '.repeat(60)}>`;
  const comparison = compareBacktraces([{ ...frame('a'), functionName: long }], [frame('b')]);
  t.true(comparison.outcome === 'differs' && comparison.ours.length < 100);
});

test('in an overlay gdb does not know more than we do: what is marked guessed from there on is no difference', (t) => {
  const isOverlay = (address: number) => address >= 0x800 && address < 0x900;
  const guessed = { certainty: 'guessed' } as const;
  const one = frame('one_part', { address: 0x820, ...guessed });
  const ours = [frame('resident'), one, frame('main', guessed)];
  const gdbs = [frame('resident'), frame('two_part', { address: 0x820 }), frame('other')];
  const outcome = (mine: Frame[], others = gdbs) => compareBacktraces(mine, others, { isOverlay });
  t.deepEqual(outcome(ours), { outcome: 'explained', by: 'overlay' });
  t.deepEqual(outcome(ours, [frame('resident')]), { outcome: 'explained', by: 'overlay' });
  t.is(compareBacktraces(ours, gdbs).outcome, 'differs');
  t.is(outcome([frame('resident'), one, frame('main')]).outcome, 'differs');
  t.is(outcome([frame('resident'), { ...one, address: 0x840 }, frame('main', guessed)]).outcome, 'differs');
  t.is(outcome([frame('another'), one]).outcome, 'differs');
});
