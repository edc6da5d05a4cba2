import test from 'ava';
import type { OpenCall } from '../../../lib/capture/malloc/call-hook.js';
import { EventOrder } from '../../../lib/capture/malloc/event-order.js';

const realloc = (context: string): OpenCall => ({
  hook: { name: 'realloc', address: 0x100, kind: 'realloc', pointer: 0, size: 1, nests: false },
  context,
  sp: 0x8000,
  returnAddress: 0x1000,
  args: [0x2000, 8, 0, 0],
});

test('without a realloc under way an event is told at once', (t) => {
  t.deepEqual(new EventOrder<string>().add('a'), ['a']);
});

test('what happens during a realloc stands between its free and its allocation', (t) => {
  const order = new EventOrder<string>();
  const call = realloc('task 1');
  order.open(call);
  t.deepEqual(order.add('interrupt takes its place'), []);
  t.deepEqual(order.around(call).since, ['interrupt takes its place']);
  t.deepEqual(order.close(call, { atEntry: ['free'], atReturn: ['alloc'] }), [
    'free',
    'interrupt takes its place',
    'alloc',
  ]);
  t.deepEqual(order.add('later'), ['later']);
});

test('two reallocs under way: nothing overtakes the older one', (t) => {
  const order = new EventOrder<string>();
  const [first, second] = [realloc('task 1'), realloc('task 2')];
  order.open(first);
  order.add('a');
  order.open(second);
  order.add('b');
  t.deepEqual(order.close(second, { atEntry: [], atReturn: ['second'] }), []);
  t.deepEqual(order.close(first, { atEntry: ['first'], atReturn: [] }), ['first', 'a', 'b', 'second']);
});

test('at the end everything is told, whatever is under way', (t) => {
  const order = new EventOrder<string>();
  order.open(realloc('task 1'));
  order.add('a');
  t.deepEqual(order.rest(), ['a']);
  t.deepEqual(order.rest(), []);
});
