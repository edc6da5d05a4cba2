import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type CallTree, callTree } from '../analysis/call-tree.js';
import { type CaptureSummary, captureSummary } from '../analysis/capture-summary.js';
import { OutputError } from '../errors.js';
import { allocationHistoryText } from '../formats/allocation-history.js';
import { callTreeText } from '../report/call-tree-text.js';
import type { Trace } from '../trace/trace.js';

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
 * Writes what a trace gives (all but the journal) into a folder, which is made when it is not there. A file appears under its
 * name only when it is whole. @throws OutputError HH1903, naming the file; the other files stay.
 */
export async function writeOutputs(trace: Trace, folder: string): Promise<WrittenOutputs> {
  const tree = callTree(trace);
  const summary = captureSummary(trace);
  await writeWhole(join(folder, OUTPUT_FILES.history), allocationHistoryText(trace));
  await writeWhole(join(folder, OUTPUT_FILES.treeText), [callTreeText(tree)]);
  await writeWhole(join(folder, OUTPUT_FILES.treeJson), [`${JSON.stringify(tree)}\n`]);
  await writeWhole(join(folder, OUTPUT_FILES.summary), [`${JSON.stringify(summary, undefined, 2)}\n`]);
  return { tree, summary };
}

/** Makes the folder. @throws OutputError HH1904 */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new OutputError('HH1904', `--out ${folder}: cannot be made: ${messageOf(cause)}`, { cause });
  }
}

/** Writes pieces of text or bytes to a file by way of a temporary one beside it. @throws OutputError HH1903 */
export async function writeWhole(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const partial = `${path}.partial-${process.pid}`;
  try {
    await pipeline(Readable.from(joined(pieces)), createWriteStream(partial));
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new OutputError('HH1903', `${path}: cannot be written: ${messageOf(cause)}`, {
      cause,
      remedy: 'make room or choose another folder with --out; `harvest capture.harvest` writes the outputs again',
    });
  }
}

/** Pieces of a useful size: a stream chunk a record would cost more than the record. */
function* joined(pieces: Iterable<string | Uint8Array>): Generator<string | Uint8Array> {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      if (text !== '') yield text;
      text = '';
      yield piece;
      continue;
    }
    text += piece;
    if (text.length > 65536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
