import { writerById } from '../../lib/formats/export/trace-writers.js';
import { loadTrace } from '../../lib/formats/load-trace.js';

/** The process that writes one format, so that its peak memory is its own. Told what to do by a message, answers with one. */
export interface ExportTask {
  readonly format: string;
  readonly path: string;
}
export interface ExportAnswer {
  readonly bytes: number;
  /** Of all threads, the collector's included: steadier than the clock on a busy machine. */
  readonly cpuMs: number;
  /** Of the whole process, the trace that it holds included. */
  readonly maxRssMb: number;
}

process.once('message', async (message) => {
  const { format, path } = message as ExportTask;
  const trace = (await loadTrace(path, { skipSamples: true })).builder.build();
  const cpu = process.cpuUsage();
  let bytes = 0;
  for (const piece of writerById(format).write(trace)) {
    bytes += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
  }
  const { user, system } = process.cpuUsage(cpu);
  const answer: ExportAnswer = {
    bytes,
    cpuMs: (user + system) / 1000,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
  };
  process.send?.(answer, () => process.disconnect());
});
