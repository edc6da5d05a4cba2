import test from 'ava';
import fc from 'fast-check';
import type { NamedOption } from '../../cli/options/option-set.js';
import { type Token, tokensOf } from '../../cli/options/tokens.js';

const OPTIONS: readonly NamedOption[] = [
  { name: 'out', alias: 'o', describe: 'a file' },
  { name: 'until', array: true, describe: 'a list' },
  { name: 'rate', type: 'number', describe: 'a number' },
  { name: 'json', type: 'boolean', describe: 'a flag' },
  { name: 'quiet', alias: 'q', type: 'boolean', describe: 'a flag' },
  { name: 'verbose', alias: 'v', type: 'count', describe: 'a counted flag' },
];

/** `-o out=x` for an option in one argument with its value, `-o out x` for one with the value behind it, and words as they are. */
function shown(...args: string[]): string[] {
  return tokensOf(args, OPTIONS).map((token) => {
    if (token.kind === 'word') return token.value;
    const { written, name, value, inline } = token;
    return value === undefined ? `${written} ${name}` : `${written} ${name}${inline ? '=' : ' '}${value}`;
  });
}

test('an option takes the argument behind it, whatever it looks like, and no more', (t) => {
  t.deepEqual(shown('--until', 'main', 'fw.elf'), ['--until until main', 'fw.elf']);
  t.deepEqual(shown('--out', '-', '-'), ['--out out -', '-']);
  t.deepEqual(shown('--rate', '-5', '-'), ['--rate rate -5', '-']);
  t.deepEqual(shown('-o', '--json'), ['-o out --json']);
  t.deepEqual(shown('--out', ''), ['--out out ']);
  t.deepEqual(shown('--out'), ['--out out']);
  t.deepEqual(shown('--out', '--'), ['--out out --']);
});

test('a flag takes nothing from behind it, and shows what was written to it', (t) => {
  t.deepEqual(shown('--json', 'true', '-v', 'false'), ['--json json', 'true', '-v verbose', 'false']);
  t.deepEqual(shown('--json=maybe', '-v=3', '-q-'), ['--json json=maybe', '-v verbose=3', '-q quiet=-']);
});

test('letters stand together, the last with its value', (t) => {
  t.deepEqual(shown('-qvvoout.json'), ['-q quiet', '-v verbose', '-v verbose', '-o out=out.json']);
  t.deepEqual(shown('-vo', '-'), ['-v verbose', '-o out -']);
  t.deepEqual(shown('-o=a', '-o==a', '-o-x', '-o7'), ['-o out=a', '-o out==a', '-o out=-x', '-o out=7']);
});

test('a value is kept letter for letter: quotes, numbers, dots, line ends', (t) => {
  t.deepEqual(shown('--out="a b"', "--no-out='x'", '--out', "'x'"), [
    '--out out="a b"',
    "--no-out no-out='x'",
    "--out out 'x'",
  ]);
  t.deepEqual(shown('--rate=007', '--out=a\nb=c', '0x10', '1e3', ''), [
    '--rate rate=007',
    '--out out=a\nb=c',
    '0x10',
    '1e3',
    '',
  ]);
});

test('behind -- there are words only', (t) => {
  t.deepEqual(shown('a', '--', '--json', '--', '-q'), ['a', '--json', '--', '-q']);
});

test('what is no option keeps the name that it was written with', (t) => {
  for (const name of ['nosuch', 'o', '_', '-', 'a.b', 'atPeak', 'constructor', 'no-json', '$0'])
    t.deepEqual(shown(`--${name}`), [`--${name} ${name}`]);
  t.deepEqual(shown('-x', '-5'), ['-x x', '-5 5']);
  t.is(shown('--__proto__').length, 1);
});

test('a line of mentions and words comes back in its order', (t) => {
  const value = fc.oneof(fc.string(), fc.constantFrom('', '-', '--', '-5', '--json', 'true', '"x"', '=x'));
  const word = value.filter((text) => text === '-' || !text.startsWith('-'));
  const item = fc.oneof(
    word.map((text): [string[], Token] => [[text], { kind: 'word', value: text }]),
    fc
      .tuple(
        fc.constantFrom(['--out', 'out'], ['-o', 'out'], ['--until', 'until'], ['--rate', 'rate']),
        value,
        fc.boolean(),
      )
      .map(([[written = '', name = ''], text, inline]): [string[], Token] => [
        inline ? [`${written}=${text}`] : [written, text],
        { kind: 'option', name, written, value: text, inline },
      ]),
    fc
      .constantFrom(['--json', 'json'], ['-q', 'quiet'], ['-v', 'verbose'])
      .map(([written = '', name = '']): [string[], Token] => [
        [written],
        { kind: 'option', name, written, value: undefined, inline: false },
      ]),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), (items) => {
      t.deepEqual(
        tokensOf(
          items.flatMap(([args]) => args),
          OPTIONS,
        ),
        items.map(([, token]) => token),
      );
    }),
  );
});
