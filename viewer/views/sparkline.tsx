/** A few numbers as bars, above and below zero. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const shown = values.slice(-60);
  const top = Math.max(1, ...shown);
  const bottom = Math.min(0, ...shown);
  const scale = 16 / (top - bottom);
  return (
    <svg class="spark" width={Math.max(12, shown.length * 5)} height="16" role="img" aria-label={label}>
      <title>{label}</title>
      {shown.map((value, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no other name than their place
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
