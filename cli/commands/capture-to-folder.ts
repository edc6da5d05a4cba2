import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  callTree,
  callTreeText,
  captureSummary,
  captureSummaryText,
  ExitCode,
  errorMessage,
  HarvestError,
  isHeapEvent,
  JournalFile,
  makeOutputFolder,
  OUTPUT_FILES,
  sanitize,
  type Trace,
  type TraceRecord,
  type WrittenOutputs,
  writeOutputs,
} from '../../lib/public/index.js';
import type { Context } from '../context.js';
import { CaptureProgress } from '../progress.js';

/**
 * Runs a capture into a folder: the journal while it goes, the other files at its end, also when it breaks off.
 * What it throws is thrown on after everything captured was written.
 */
export async function captureToFolder(
  records: AsyncIterable<TraceRecord>,
  folder: string,
  context: Context,
): Promise<{ readonly outputs: WrittenOutputs; readonly exitCode: ExitCode }> {
  const iterator = records[Symbol.asyncIterator]();
  // Whatever is wrong with the arguments shows here, before any file is made.
  let next = await iterator.next();
  await makeOutputFolder(folder);
  const journal = new JournalFile(await freshJournalPath(folder, context));
  const progress = new CaptureProgress(context);
  let failure: unknown;
  try {
    for (; !next.done; next = await iterator.next()) {
      const record = next.value;
      journal.add(record);
      if (isHeapEvent(record)) progress.update(journal.heap, () => whereNow(record));
    }
  } catch (error) {
    failure = error;
    await iterator.return?.();
    const reason = errorMessage(error);
    if (journal.builder.eventCount > 0) closeAfterFailure(journal, reason);
  }
  progress.clear();
  journal.close(failure === undefined);
  const trace = journal.builder.build();
  if (failure !== undefined && trace.eventCount === 0) throw failure;
  const outputs = await writeOutputs(trace, folder);
  if (failure !== undefined) {
    context.err(`kept ${trace.eventCount} events in ${join(folder, OUTPUT_FILES.journal)}\n`);
    throw failure;
  }
  return { outputs, exitCode: exitCodeOf(trace, context) };
}

/** The tree, then the summary: what a capture and an import print. */
export function printOutputs({ tree, summary }: WrittenOutputs, context: Context): void {
  if (context.json) {
    context.out(`${JSON.stringify({ ...summary, tree })}\n`);
    return;
  }
  if (!context.quiet) context.out(callTreeText(tree));
  context.out(`\n${captureSummaryText(summary)}`);
}

/** The same for a trace that is not written. */
export function printTrace(trace: Trace, context: Context): void {
  printOutputs({ tree: callTree(trace), summary: captureSummary(trace) }, context);
}

/** The journal's path; one that is there already is kept under another name. */
async function freshJournalPath(folder: string, context: Context): Promise<string> {
  const path = join(folder, OUTPUT_FILES.journal);
  if (!existsSync(path)) return path;
  const previous = join(folder, 'capture.previous.harvest');
  await rename(path, previous);
  if (!context.quiet) context.err(`the journal of the capture before is kept as ${previous}\n`);
  return path;
}

function closeAfterFailure(journal: JournalFile, reason: string): void {
  try {
    journal.add({ kind: 'gap', reason });
    journal.add({ kind: 'info', info: { endReason: reason, complete: false } });
  } catch {
    // The disk is full: the builder has the records, the journal has what fitted.
  }
}

function whereNow(record: TraceRecord): string {
  const frames = isHeapEvent(record) ? (record.backtrace ?? []) : [];
  const frame = frames.find(({ file }) => file !== '' && !/(^|\/)(gc|malloc)\.c$/.test(file)) ?? frames[0];
  return frame ? sanitize(`${frame.functionName} ${frame.file}:${frame.line}`) : '';
}

function exitCodeOf(trace: Trace, context: Context): ExitCode {
  if (context.signal.aborted) return ExitCode.interrupted;
  if (trace.info.oracle?.outcome === 'differs' || trace.info.doubtful !== undefined) return ExitCode.partial;
  return trace.info.complete ? ExitCode.ok : ExitCode.partial;
}

/** Whether an error is one that the tool raised on purpose. */
export function isExpected(error: unknown): error is HarvestError {
  return error instanceof HarvestError;
}
