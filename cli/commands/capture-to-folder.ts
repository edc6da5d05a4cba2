import { lstatSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  callTreeText,
  captureSummaryText,
  defined,
  ExitCode,
  errorMessage,
  formatCount,
  HarvestError,
  isHeapEvent,
  JournalFile,
  loadTrace,
  makeOutputFolder,
  OUTPUT_FILES,
  OutputError,
  removeUnusedFolder,
  sanitize,
  type Trace,
  type TraceRecord,
  type WrittenOutputs,
  writeOutputs,
} from '../../lib/public/command-line.js';
import type { Context } from '../context.js';
import { printJson } from '../json-output.js';
import { CaptureProgress } from '../progress.js';

/**
 * Runs a capture into a folder: the journal while it goes, the other files at its end, also when it breaks off.
 * The folder comes first: one that cannot be written to is told before the target is touched. What the capture throws is thrown on after
 * everything captured was written; whatever happens, the capture is ended when this returns.
 */
export async function captureToFolder(
  records: AsyncIterable<TraceRecord>,
  folder: string,
  context: Context,
): Promise<{ readonly outputs: WrittenOutputs; readonly exitCode: ExitCode }> {
  const made = await makeOutputFolder(folder);
  const iterator = records[Symbol.asyncIterator]();
  const progress = new CaptureProgress(context);
  try {
    // Whatever is wrong with the arguments shows here, before any file is made.
    const first = await iterator.next();
    const journal = new JournalFile(await freshJournalPath(folder, context));
    const failure = await record(first, iterator, { journal, progress });
    progress.end();
    if (failure) return await keepAfterFailure(failure.error, journal, folder);
    const trace = await readBack(journal);
    return { outputs: await writeOutputs(trace, folder), exitCode: exitCodeOf(trace, context) };
  } finally {
    progress.end();
    await endQuietly(iterator);
    await removeUnusedFolder(folder, made);
  }
}

interface Recorder {
  readonly journal: JournalFile;
  readonly progress: CaptureProgress;
}

/** Puts all records into the journal and closes it. What ended the capture before its time, if anything did, when the target is let go. */
async function record(
  first: IteratorResult<TraceRecord>,
  iterator: AsyncIterator<TraceRecord>,
  { journal, progress }: Recorder,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) {
      const each = next.value;
      journal.add(each);
      if (each.kind === 'status') progress.status(journal, sanitize(each.text));
      else if (isHeapEvent(each)) progress.update(journal, () => whereNow(each));
      else if (each.kind === 'note' && each.code === 'server') progress.say(sanitize(each.text));
    }
    journal.close(true);
    return undefined;
  } catch (error) {
    await endQuietly(iterator);
    if (journal.builder.eventCount > 0) closeAfterFailure(journal, errorMessage(error));
    try {
      journal.close(false);
    } catch {
      // Closed already, or the disk is full: the journal has what fitted.
    }
    return { error };
  }
}

/** Ends a capture whose own failure, if any, is not what is to be told. */
async function endQuietly(iterator: AsyncIterator<TraceRecord>): Promise<void> {
  await iterator.return?.().catch(() => undefined);
}

/** Writes the outputs of what there is, and throws the one error that says what ended the capture and what is kept where. */
async function keepAfterFailure(error: unknown, journal: JournalFile, folder: string): Promise<never> {
  const captured = journal.builder.eventCount;
  if (captured === 0) throw error;
  // After a full disk the journal has what fitted: the outputs are of that.
  const trace = await readBack(journal);
  const unwritten = await writeOutputs(trace, folder).then(
    () => undefined,
    (cause: unknown) => errorMessage(cause),
  );
  const kept = trace.eventCount;
  const events =
    kept === captured
      ? `${formatCount(kept)} events`
      : `the first ${formatCount(kept)} of ${formatCount(captured)} events`;
  const told = `${errorMessage(error)}; kept: ${events} in ${journal.path}; ${unwritten ?? 'the other outputs are written'}`;
  // A fault of our own keeps its stack.
  if (!(error instanceof HarvestError)) throw new Error(told, { cause: error });
  throw new HarvestError(error.code, error.exitCode, told, { cause: error, ...defined({ remedy: error.remedy }) });
}

/** What somebody who opens the journal will find: a capture keeps its events there, not in memory. */
async function readBack({ path }: JournalFile): Promise<Trace> {
  return (await loadTrace(path, { skipSamples: true })).builder.build();
}

/** The tree, then the summary: what a capture and an import print. */
export function printOutputs({ tree, summary }: WrittenOutputs, context: Context): void {
  if (context.json) {
    printJson({ ...summary, tree }, context);
    return;
  }
  if (!context.quiet) context.out(callTreeText(tree));
  context.out(`\n${captureSummaryText(summary, { details: context.verbosity > 0 })}`);
}

/** The journal's path; a file or a link that is there already is kept under another name. @throws OutputError HH1901 */
async function freshJournalPath(folder: string, context: Context): Promise<string> {
  const path = join(folder, OUTPUT_FILES.journal);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return path;
  const previous = join(folder, 'capture.previous.harvest');
  const there = lstatSync(previous, { throwIfNoEntry: false });
  for (const [name, stats] of [
    [path, found],
    [previous, there],
  ] as const) {
    if (!stats || stats.isFile() || stats.isSymbolicLink()) continue;
    throw new OutputError('HH1901', `${name}: found a folder, a pipe or a device, expected a journal or nothing`, {
      remedy: 'name another folder with --out',
    });
  }
  await rename(path, previous);
  if (!context.quiet) context.err(`the journal of the capture before is kept as ${sanitize(previous)}\n`);
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
