import { IMAGE } from './roles.js';
/** A few numbers as bars, above and below zero. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const shown = values.slice(-60);
  const top = Math.max(1, ...shown);
  const bottom = Math.min(0, ...shown);
  const scale = 16 / (top - bottom);
  return (
    <svg class="spark" width={Math.max(12, shown.length * 5)} height="16" {...IMAGE} aria-label={label}>
      <title>{label}</title>
      {shown.map((value, i) => (
        <rect
          key={i}
          x={i * 5}
          y={(top - Math.max(0, value)) * scale}
          width="4"
          height={Math.max(0.75, Math.abs(value) * scale)}
          class={value < 0 ? 'below' : ''}
        />
      ))}
    </svg>
  );
}
