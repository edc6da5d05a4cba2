import test from 'ava';
import { sanitize } from '../../lib/report/sanitize.js';

const cases: readonly [string, string, string][] = [
  ['a colour sequence', '\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
  ['a hyperlink (OSC 8)', '\u001b]8;;http://x\u0007y', '\\x1b]8;;http://x\\x07y'],
  ['a one-byte CSI (C1)', '\u009b31m', '\\x9b31m'],
  ['a line break', 'a\r\nb\u2028c', 'a\\x0d\\x0ab\\u2028c'],
  ['delete and null', 'a\u007fb\u0000', 'a\\x7fb\\x00'],
  ['bidirectional controls', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
  ['a tag character', 'a\u{e0041}', 'a\\u{e0041}'],
  ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
];
for (const [title, input, expected] of cases) {
  test(`shows ${title} instead of printing it`, (t) => {
    t.is(sanitize(input), expected);
  });
}

test('leaves names of any script as they are', (t) => {
  const names = 'std::vector<int>::push_back  größe  割り当て  😀';
  t.is(sanitize(names), names);
});
