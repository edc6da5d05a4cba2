import { TRACE_WRITERS } from '../lib/public/command-line.js';

/** All that `harvest export --format` takes: a dataset is no file of one trace, and so has no writer. */
export const EXPORT_FORMATS: readonly { readonly id: string; readonly title: string; readonly extension: string }[] = [
  ...TRACE_WRITERS,
  { id: 'parquet', title: 'Parquet dataset of many captures (--dataset DIR)', extension: '.parquet' },
];
