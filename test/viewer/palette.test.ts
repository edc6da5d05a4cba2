import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/fixture.js';

type Triple = readonly [number, number, number];

const source = readFileSync(join(projectRoot, 'viewer', 'paint', 'palette.ts'), 'utf8');
const listed = (name: string) => {
  const list = new RegExp(`${name} = \\[([^\\]]+)\\]`).exec(source)?.[1] ?? '';
  return [...list.matchAll(/#[0-9a-f]{6}/g)].map(([hex]) => hex);
};
const COLORS = listed('SOURCE_COLORS');
const SCALE = listed('SCALE_COLORS');

/** What eyes without one kind of cones see of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1). */
const EYES: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linearOf(hex: string): Triple {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function seenBy(eyes: readonly [Triple, Triple, Triple], [r, g, b]: Triple): Triple {
  const row = (m: Triple) => Math.max(0, Math.min(1, m[0] * r + m[1] * g + m[2] * b));
  return [row(eyes[0]), row(eyes[1]), row(eyes[2])];
}

/** CIE Lab under D65. */
function labOf([r, g, b]: Triple): Triple {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const DEGREE = Math.PI / 180;

/** CIEDE2000. */
function difference([l1, a1, b1]: Triple, [l2, a2, b2]: Triple): number {
  const mean7 = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const stretch = 1.5 - 0.5 * Math.sqrt(mean7 / (mean7 + 25 ** 7));
  const polar = (a: number, b: number) => ({
    chroma: Math.hypot(a * stretch, b),
    hue: (Math.atan2(b, a * stretch) / DEGREE + 360) % 360,
  });
  const [p, q] = [polar(a1, b1), polar(a2, b2)];
  const grey = p.chroma * q.chroma === 0;
  const turn = grey ? 0 : ((q.hue - p.hue + 540) % 360) - 180;
  const hue = grey ? p.hue + q.hue : (p.hue + turn / 2 + 360) % 360;
  const light = (l1 + l2) / 2 - 50;
  const chroma = (p.chroma + q.chroma) / 2;
  const cos = (degrees: number) => Math.cos(degrees * DEGREE);
  const t = 1 - 0.17 * cos(hue - 30) + 0.24 * cos(2 * hue) + 0.32 * cos(3 * hue + 6) - 0.2 * cos(4 * hue - 63);
  const byLight = (l2 - l1) / (1 + (0.015 * light ** 2) / Math.sqrt(20 + light ** 2));
  const byChroma = (q.chroma - p.chroma) / (1 + 0.045 * chroma);
  const byHue = (2 * Math.sqrt(p.chroma * q.chroma) * Math.sin((turn / 2) * DEGREE)) / (1 + 0.015 * chroma * t);
  const bend = 60 * Math.exp(-(((hue - 275) / 25) ** 2));
  const rotation = -Math.sin(bend * DEGREE) * 2 * Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7));
  return Math.sqrt(byLight ** 2 + byChroma ** 2 + byHue ** 2 + rotation * byChroma * byHue);
}

function closestPair(
  colors: readonly string[],
  see: (hex: string) => Triple,
): { readonly least: number; readonly pair: string } {
  let [least, pair] = [Number.POSITIVE_INFINITY, ''];
  colors.forEach((one, i) => {
    for (const other of colors.slice(0, i)) {
      const apart = difference(see(one), see(other));
      if (apart < least) [least, pair] = [apart, `${one} and ${other}`];
    }
  });
  return { least, pair };
}

test('the measure of colour differences agrees with published values', (t) => {
  // Sharma, Wu, Dalal 2005, pairs 1, 7, 17 and 25.
  const known: readonly (readonly [Triple, Triple, number])[] = [
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  ];
  for (const [a, b, expected] of known) t.true(Math.abs(difference(a, b) - expected) < 0.0001, `${expected}`);
});

for (const [name, colors, count] of [
  ['the thirteen colours of the sources', COLORS, 13],
  ['the eight colours from small to large', SCALE, 8],
] as const) {
  test(`${name} are at least 10 apart for every kind of eyes`, (t) => {
    t.is(new Set(colors).size, count);
    const all = closestPair(colors, (hex) => labOf(linearOf(hex)));
    t.true(all.least >= 10, `all cones: ${all.least} ${all.pair}`);
    for (const [kind, eyes] of Object.entries(EYES)) {
      const { least, pair } = closestPair(colors, (hex) => labOf(seenBy(eyes, linearOf(hex))));
      t.true(least >= 10, `${kind}: ${least.toFixed(2)} ${pair}`);
    }
  });
}

test('the colours from small to large get lighter from each to the next', (t) => {
  const light = SCALE.map((hex) => labOf(linearOf(hex))[0]);
  t.deepEqual(
    light,
    [...light].sort((a, b) => a - b),
  );
});

test('the dark text of the flame graph has a contrast of 4.5 or more on every colour', (t) => {
  const luminance = (hex: string) => {
    const [r, g, b] = linearOf(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const painter = readFileSync(join(projectRoot, 'viewer', 'paint', 'flame-painter.ts'), 'utf8');
  const text = /TEXT = '(#[0-9a-f]{6})'/.exec(painter)?.[1] ?? '';
  const poor = COLORS.filter((hex) => (luminance(hex) + 0.05) / (luminance(text) + 0.05) < 4.5);
  t.deepEqual(poor, []);
});
