import { type ClassLook, PATTERNS } from '../paint/palette.js';

/** A class's colour and pattern; nothing without a class. */
export function Swatch({ look }: { readonly look: ClassLook | undefined }) {
  const background = look ? imageOf(look) : 'transparent';
  return <i class="swatch" style={{ background }} aria-hidden="true" />;
}

/** The pattern as the map has it, as lines of a gradient. */
function imageOf({ hex, pattern }: ClassLook): string {
  const bits = PATTERNS[pattern] ?? 0;
  if (bits === 0) return hex;
  const dark = `color-mix(in srgb, ${hex} 55%, #141b24)`;
  const stops: string[] = [];
  for (let at = 0; at < 16; at++) stops.push(`${(bits >> at) & 1 ? dark : hex} ${at}px ${at + 1}px`);
  return `repeating-linear-gradient(90deg, ${stops.join(', ')})`;
}
