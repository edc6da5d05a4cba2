import test from 'ava';
import fc from 'fast-check';
import { oneLine } from '../../lib/report/one-line.js';

test('a long note ends behind its first clauses, and says where the rest is', (t) => {
  const text =
    'no call of _malloc_r, _free_r, _realloc_r in 30 s, the target is asleep in idle (port.c:12): the firmware may wait for input, use another allocator, or have it inlined';
  t.is(
    oneLine(text),
    'no call of _malloc_r, _free_r, _realloc_r in 30 s, the target is asleep in idle (port.c:12): the firmware may wait for input ... (-v shows all)',
  );
});

test('a short note stays as it is, and one of several lines becomes one', (t) => {
  t.is(oneLine('gc_init is not watched'), 'gc_init is not watched');
  t.is(oneLine('one\n  two'), 'one two');
});

test('a line never is longer than its room, whatever the text', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), (text) => {
      const line = oneLine(text);
      return line.length <= 160 && !line.includes('\n') && (text.trim() === '' || line.length > 0);
    }),
  );
  t.is(oneLine('x'.repeat(500)).length, 160);
});
