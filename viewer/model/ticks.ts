/** Round values within a range, at most `most` of them and at least `least` apart: 1, 2 or 5 times a power of ten. */
export function ticksIn(
  range: { readonly from: number; readonly to: number },
  most: number,
  least: number,
): readonly number[] {
  const { from, to } = range;
  const length = to - from;
  if (!(length > 0) || most < 1) return [];
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, power * ([1, 2, 5].find((it) => it * power >= rough) ?? 10));
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step); at * step <= to; at++) ticks.push(at * step);
  return ticks;
}
