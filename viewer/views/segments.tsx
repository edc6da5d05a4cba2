interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly id: T; readonly text: string; readonly hint?: string }[];
  readonly onChange: (id: T) => void;
}

/** A few choices side by side, one of which is on. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  return (
    <fieldset class="segments" aria-label={label}>
      {options.map(({ id, text, hint }) => (
        <button key={id} type="button" aria-pressed={value === id} title={hint ?? text} onClick={() => onChange(id)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
