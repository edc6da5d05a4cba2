/** One figure of a benchmark. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the ratio is against. */
  readonly against?: string;
  readonly ratio?: number;
  /** It could not be measured here: what is missing, and how one gets it. The value means nothing then. */
  readonly notRun?: string;
}
