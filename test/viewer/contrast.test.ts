import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/fixture.js';

const css = readFileSync(join(projectRoot, 'viewer', 'style', 'theme.css'), 'utf8');

/** The colours of a theme, from the rule that begins with this text. */
function colorsOf(rule: string): ReadonlyMap<string, string> {
  const from = css.indexOf(rule);
  const body = css.slice(css.indexOf('{', from), css.indexOf('}', from));
  return new Map([...body.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const PAIRS: readonly (readonly [text: string, grounds: readonly string[]])[] = [
  ['--text', ['--ground', '--panel', '--sunken', '--raised', '--accent-ground']],
  ['--quiet', ['--ground', '--panel', '--sunken', '--raised']],
  ['--accent', ['--panel', '--ground', '--sunken', '--raised']],
  ['--on-accent', ['--accent']],
  ['--warn', ['--warn-ground']],
  ['--bad', ['--bad-ground', '--panel', '--sunken']],
  ['--good', ['--panel', '--sunken']],
];

for (const [theme, rule] of [
  ['light', ':root {'],
  ['dark', ':root:not([data-theme="light"])'],
] as const) {
  test(`text of the ${theme} theme has a contrast of 4.5 or more on every ground it stands on`, (t) => {
    const colors = colorsOf(rule);
    const poor = PAIRS.flatMap(([text, grounds]) =>
      grounds
        .map((ground) => ({
          text,
          ground,
          ratio: contrast(colors.get(text) ?? '#000000', colors.get(ground) ?? '#000000'),
        }))
        .filter(({ ratio }) => ratio < 4.5),
    );
    t.deepEqual(poor, []);
  });
}

test('the dark theme is the same whether the system or the user chose it', (t) => {
  t.deepEqual([...colorsOf(':root[data-theme="dark"]')], [...colorsOf(':root:not([data-theme="light"])')]);
});
