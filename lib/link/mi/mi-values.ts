/** MI results as gdb-js gives them: text, lists and tuples, nothing else. */
export type MiRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is MiRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a field; empty when it is absent. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The list in a field of a result; empty when it is absent. */
export function listOf(result: unknown, field: string): readonly unknown[] {
  const value = isRecord(result) ? result[field] : undefined;
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === undefined ? [] : [value];
}
