/** What an error code means, for `harvest explain CODE`. */
export interface ErrorExplanation {
  readonly title: string;
  /** What usually causes it. */
  readonly cause: string;
  /** What to try, in order. */
  readonly remedies: readonly string[];
}

export function entry(title: string, cause: string, ...remedies: readonly string[]): ErrorExplanation {
  return { title, cause, remedies };
}
