import { didYouMean } from '../../base/did-you-mean.js';
import { TraceFormatError } from '../../errors/errors.js';
import { allocationHistoryWriter } from './allocation-history-writer.js';
import { chromeTraceWriter } from './chrome-trace.js';
import { dhatWriter } from './dhat.js';
import { firefoxProfileWriter } from './firefox-profile.js';
import { foldedWriters } from './folded.js';
import { heapProfileWriter } from './heap-profile.js';
import { heapSnapshotWriter } from './heap-snapshot.js';
import { heaptrackWriter } from './heaptrack.js';
import { massifWriter } from './massif.js';
import { otlpWriter } from './otlp.js';
import { perfettoWriter } from './perfetto.js';
import { pprofWriter } from './pprof.js';
import { rowWriters } from './row-writers.js';
import { speedscopeWriter } from './speedscope.js';
import type { TraceWriter } from './trace-writer.js';

/** Every format of other tools that a trace can be written in. */
export const TRACE_WRITERS: readonly TraceWriter[] = [
  speedscopeWriter,
  pprofWriter,
  otlpWriter,
  ...foldedWriters,
  firefoxProfileWriter,
  chromeTraceWriter,
  perfettoWriter,
  heapProfileWriter,
  heapSnapshotWriter,
  heaptrackWriter,
  massifWriter,
  dhatWriter,
  allocationHistoryWriter,
  ...rowWriters,
];

/** The writer with this id. @throws TraceFormatError HH1480 when there is none. */
export function writerById(id: string): TraceWriter {
  const found = TRACE_WRITERS.find((writer) => writer.id === id);
  if (found) return found;
  const known = TRACE_WRITERS.map((writer) => writer.id);
  const text = `no such export format, expected one of: ${known.join(', ')}${didYouMean(id, known)}`;
  throw new TraceFormatError('HH1480', `options.format ${id}: ${text}`);
}
