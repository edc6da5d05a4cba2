/** One figure of a benchmark. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the ratio is against. */
  readonly against?: string;
  readonly ratio?: number;
}
