import test from 'ava';
import fc from 'fast-check';
import { dayOf, partitionFolder, partitionValue } from '../../lib/fleet/dataset-layout.js';

test('a value of a folder is one plain name, and is read back as it was', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (value) => {
      const name = partitionValue(value);
      t.regex(name, /^[A-Za-z0-9_.%~-]+$/);
      t.true(name.length <= 200);
      t.notRegex(name, /^\.|\.$/);
      if (value !== '' && name.length < 180) t.is(decodeURIComponent(name), value);
    }),
  );
  t.is(partitionValue('metro_m0_express'), 'metro_m0_express');
  t.is(partitionValue("../../etc/x'; DROP TABLE y"), '%2E.%2F..%2Fetc%2Fx%27%3B%20DROP%20TABLE%20y');
  t.is(partitionValue('..'), '%2E%2E');
  t.is(partitionValue('a\nb=c'), 'a%0Ab%3Dc');
});

test('values that are too long for a name differ in their hash, and no character is cut', (t) => {
  const [a, b] = [partitionValue(`${'ä'.repeat(400)}1`), partitionValue(`${'ä'.repeat(400)}2`)];
  t.not(a, b);
  t.true(a.length <= 200);
  t.regex(decodeURIComponent(a), /^ä+~[0-9a-f]{16}$/);
});

test('what is not known is what Hive takes for NULL', (t) => {
  t.is(
    partitionFolder({ board: undefined, firmware: '1.4', date: '2026-11-27' }),
    'board=__HIVE_DEFAULT_PARTITION__/firmware=1.4/date=2026-11-27',
  );
});

test('a day is one of UTC, and none when the clock says nonsense', (t) => {
  t.is(dayOf(Date.UTC(2026, 10, 27, 23, 59)), '2026-11-27');
  for (const ms of [undefined, Number.NaN, -1, 8.64e15, Number.POSITIVE_INFINITY]) t.is(dayOf(ms), undefined);
});
