import { mkdir, open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type CallTree, callTree } from '../analysis/call-tree.js';
import { type CaptureSummary, captureSummary } from '../analysis/capture-summary.js';
import { selectFrames } from '../analysis/select-frames.js';
import { randomName } from '../base/random-name.js';
import { type Bytes, formatBytes } from '../base/units.js';
import { errorMessage, OutputError } from '../errors/errors.js';
import { allocationHistoryBytes, allocationHistorySize } from '../formats/allocation-history.js';
import { callTreeText } from '../report/call-tree-text.js';
import type { Trace } from '../trace/trace.js';
import { writeWhole } from './write-whole.js';

/** The files of an output folder. */
export const OUTPUT_FILES = {
  journal: 'capture.harvest',
  history: 'allocation_history.json',
  treeText: 'call-tree.txt',
  treeJson: 'call-tree.json',
  summary: 'summary.json',
} as const;

/** What was computed on the way, for those who print it too. */
export interface WrittenOutputs {
  readonly tree: CallTree;
  readonly summary: CaptureSummary;
}

/**
 * The history repeats the backtraces in each record: a capture of 764,000 events takes 738 MB. A larger one than this is written on
 * request only.
 */
const MAX_HISTORY_BYTES: Bytes = 64 * 1024 * 1024;

export interface OutputOptions {
  /** Default: 64 MiB. */
  readonly maxHistoryBytes?: Bytes;
}

/**
 * Writes what a trace gives (all but the journal) into a folder, which is made when it is not there. A file appears under its
 * name only when it is whole; the history is left out where it is too large, which a note of the summary says.
 * @throws OutputError HH1903, naming the file; the other files stay.
 */
export async function writeOutputs(
  trace: Trace,
  folder: string,
  { maxHistoryBytes = MAX_HISTORY_BYTES }: OutputOptions = {},
): Promise<WrittenOutputs> {
  // The largest file is on its way to the disk while the rest is worked out.
  const path = join(folder, OUTPUT_FILES.history);
  const isSmall = allocationHistorySize(trace, maxHistoryBytes) <= maxHistoryBytes;
  // One of an earlier capture would be taken for this one's.
  const history = isSmall ? writeWhole(path, allocationHistoryBytes(trace)) : rm(path, { force: true });
  history.catch(() => undefined);
  const tree = callTree(selectFrames(trace, 'script'));
  const summary = isSmall ? captureSummary(trace) : withoutHistory(captureSummary(trace), maxHistoryBytes);
  const written = await Promise.allSettled([
    history,
    writeWhole(join(folder, OUTPUT_FILES.treeText), [callTreeText(tree)]),
    writeWhole(join(folder, OUTPUT_FILES.treeJson), [`${JSON.stringify(tree)}\n`]),
    writeWhole(join(folder, OUTPUT_FILES.summary), [`${JSON.stringify(summary, undefined, 2)}\n`]),
  ]);
  for (const each of written) if (each.status === 'rejected') throw each.reason;
  return { tree, summary };
}

function withoutHistory(summary: CaptureSummary, maxBytes: Bytes): CaptureSummary {
  const { journal, history } = OUTPUT_FILES;
  const text = `${history} would take more than ${formatBytes(maxBytes)} and was not written; \`harvest export ${journal} --format allocation-history -o ${history}\` writes it`;
  return { ...summary, notes: [...summary.notes, { code: 'history-not-written', text }] };
}

/**
 * Makes the folder and tries that a file can be made in it. Returns the uppermost folder that was not there before, undefined when all
 * were. @throws OutputError HH1904
 */
export async function makeOutputFolder(folder: string): Promise<string | undefined> {
  try {
    const made = await makeFolders(resolve(folder));
    const trial = join(folder, `.${randomName()}.partial`);
    await (await open(trial, 'wx')).close();
    await rm(trial);
    return made;
  } catch (cause) {
    throw new OutputError('HH1904', `${folder}: cannot be made or written to: ${errorMessage(cause)}`, {
      cause,
      remedy: 'name a folder that you may write to',
    });
  }
}

/** The uppermost folder that was made. (mkdir's own `recursive` never returns where nothing can be made, as below /proc.) */
async function makeFolders(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let each = folder; ; each = dirname(each)) {
    const found = await stat(each).catch(() => undefined);
    if (found?.isDirectory()) break;
    if (found) throw new Error(`${each} is a file`);
    missing.push(each);
  }
  for (const each of missing.toReversed()) await mkdir(each);
  return missing.at(-1);
}

/** Removes what `makeOutputFolder` made, as far as nothing is in it. */
export async function removeUnusedFolder(folder: string, made: string | undefined): Promise<void> {
  if (made === undefined) return;
  const uppermost = resolve(made);
  for (let each = resolve(folder); each.startsWith(uppermost); each = dirname(each)) {
    const removed = await rmdir(each).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
