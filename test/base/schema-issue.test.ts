import test from 'ava';
import { z } from 'zod';
import { parseStrictJson } from '../../lib/base/strict-json.js';
import { parseBoard } from '../../lib/boards/load-board.js';

const schema = z.strictObject({
  name: z.string().min(2),
  count: z.int().min(1).max(9),
  kind: z.enum(['ram', 'flash']),
  list: z.array(z.number()).min(1),
  either: z.union([z.string(), z.number()]),
  form: z.string().regex(/^a+$/),
});
const GOOD = { name: 'ab', count: 3, kind: 'ram', list: [1], either: 1, form: 'aa' };

const WRONG: readonly (readonly [change: object, says: RegExp])[] = [
  [{ name: 5 }, /field 'name': found 5, expected a string$/],
  [{ name: 'a' }, /field 'name': found "a", expected at least 2 characters$/],
  [{ name: undefined }, /field 'name': missing, expected a string$/],
  [{ count: 1.5 }, /field 'count': found 1\.5, expected a whole number$/],
  [{ count: 10 }, /field 'count': found 10, expected at most 9$/],
  [{ kind: 'rom' }, /field 'kind': found "rom", expected one of ram, flash$/],
  [{ list: [] }, /field 'list': found \[\], expected at least 1 entries$/],
  [{ list: ['x'] }, /field 'list\.0': found "x", expected a number$/],
  [{ either: null }, /field 'either': found null, expected a string or a number$/],
  [{ form: 'b' }, /field 'form': found "b", expected a text of the form/],
];

for (const [change, says] of WRONG)
  test(`a wrong value is told in our words: ${JSON.stringify(change)}`, (t) => {
    const text = JSON.stringify({ ...GOOD, ...change });
    t.throws(() => parseStrictJson(text, 'mine', schema), { message: says });
  });

test('no text of the schema library reaches a user', (t) => {
  const texts = [
    '{}',
    '[]',
    '5',
    'null',
    '"x"',
    '{ "name": 1, "memory": 5, "mcu": [], "servers": 1, "comparators": {} }',
  ];
  for (const text of texts) {
    const error = t.throws(() => parseBoard(text, 'mine'), undefined, text);
    t.notRegex(error?.message ?? '', /Invalid|received|Too (small|big)|Unrecognized/, text);
  }
});
