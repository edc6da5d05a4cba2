import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { HideOptions } from '../analysis/hidden-frames.js';
import { selectFrames } from '../analysis/select-frames.js';
import { shownTrace } from '../analysis/shown-trace.js';
import { version } from '../base/version.js';
import { errorMessage, HarvestError, OutputError, UsageError } from '../errors/errors.js';
import { loadTrace } from '../formats/load-trace.js';
import { isCode } from '../output/destination.js';
import { writeWhole } from '../output/write-whole.js';
import type { Trace } from '../trace/trace.js';
import { captureIdOf } from './capture-id.js';
import {
  DATASET_FILE,
  DATASET_SCHEMA,
  DATASET_TABLES,
  dayOf,
  type Partition,
  partitionFolder,
} from './dataset-layout.js';
import { stagingTables, writtenRows } from './dataset-tables.js';
import { type Database, openDuckDb, sqlText } from './duckdb.js';
import { captureIdsOf, checkDataset } from './open-dataset.js';
import { stagedCapture } from './staged-capture.js';

/** How captures are filed. */
export interface DatasetOptions extends HideOptions {
  /** Which board of its kind all of them are from. */
  readonly device?: string;
  /** Or what names it: the file without its extension, or the folder that it is in. */
  readonly deviceFrom?: 'file' | 'folder';
  /** Of traces that do not say what the board is. */
  readonly board?: string;
  /** Of traces without a build id. */
  readonly firmware?: string;
  /** Called when a capture was read: how many of all. */
  readonly onProgress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface DatasetReport {
  readonly schema: 'heap-harvest/dataset-report@1';
  /** Captures that were added. */
  readonly added: number;
  /** Those that the dataset had before, or that were given twice: told by their contents. */
  readonly alreadyThere: number;
  readonly events: number;
  readonly allocations: number;
  /** The folders that were added, below the root. */
  readonly parts: readonly string[];
  /** How many of the added ones lack events, or are doubtful. */
  readonly notWhole: number;
  /** Files that could not be read: the others were added. */
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
}

/** So many events are held at once, and written as one part; a larger capture has a part of its own. */
const PART_EVENTS = 1_000_000;
const PART_CAPTURES = 2000;
const ROW_GROUP_ROWS = 122_880;
const STAGING = '.writing-';
/** A folder of a writer that was killed is removed by the next one when it is as old as that. */
const STALE_MS = 24 * 3600 * 1000;

interface Source {
  readonly path: string;
  readonly id: string;
}

/**
 * Adds captures to a dataset, which is made when it is not there: Parquet files with Zstandard, dictionaries and row groups, one folder for
 * every board, firmware and date, and in it one part a run. A part appears with all its tables at once, whole; a run that was killed
 * is run again, and adds what is missing.
 * @throws ToolMissingError HH2020, UsageError HH2021, OutputError HH2022, and what loadTrace throws where no file could be read
 */
export async function exportDataset(
  paths: readonly string[],
  folder: string,
  options: DatasetOptions = {},
): Promise<DatasetReport> {
  const staging = join(folder, `${STAGING}${randomBytes(8).toString('hex')}`);
  using database = await openDuckDb({ temporaryFolder: join(staging, 'temporary') });
  await prepareFolder(folder);
  try {
    await mkdir(staging);
    return await new DatasetWriter(database, { root: folder, staging }, options).write(paths);
  } catch (cause) {
    if (cause instanceof HarvestError || options.signal?.aborted) throw cause;
    throw new OutputError('HH2022', `${folder}: cannot be written: ${errorMessage(cause)}`, {
      cause,
      remedy: 'make room, or name another folder; run it again: what was added is not added twice',
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new OutputError('HH2022', `${folder}: cannot be made: ${errorMessage(cause)}`, { cause });
  }
  const names = await readdir(folder);
  if (names.includes(DATASET_FILE)) await checkDataset(folder);
  else {
    const found = names.filter((name) => !name.startsWith('.'));
    if (found.length > 0)
      throw new UsageError(
        'HH2021',
        `${folder}: found ${found.length} other files, expected a dataset or an empty folder`,
        {
          remedy: 'name a new folder',
        },
      );
    const text = `${JSON.stringify({ schema: DATASET_SCHEMA, writtenBy: `heap-harvest ${version}` })}\n`;
    await writeWhole(join(folder, DATASET_FILE), [text]);
  }
  for (const name of names) {
    if (!name.startsWith(STAGING)) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(join(folder, name), { recursive: true, force: true });
  }
}

class DatasetWriter {
  private readonly parts: string[] = [];
  private readonly failed: { file: string; reason: string }[] = [];
  private events = 0;
  private allocations = 0;
  private notWhole = 0;
  private added = 0;
  private done = 0;
  private all = 0;
  private firstError: unknown;
  /** Traces that were read to learn where they belong, as many as may be held. */
  private readonly held = new Map<string, Trace>();
  private heldEvents = 0;

  constructor(
    private readonly database: Database,
    private readonly place: { readonly root: string; readonly staging: string },
    private readonly options: DatasetOptions,
  ) {}

  async write(paths: readonly string[]): Promise<DatasetReport> {
    const known = await captureIdsOf(this.database, this.place.root);
    const groups = new Map<string, Source[]>();
    this.all = paths.length;
    let alreadyThere = 0;
    for (const path of paths) {
      this.options.signal?.throwIfAborted();
      const source = await this.attempt(path, async () => ({ path, id: await captureIdOf(path) }));
      if (!source) continue;
      if (known.has(source.id)) alreadyThere++;
      else {
        known.add(source.id);
        const key = await this.attempt(path, async () =>
          partitionFolder(partitionOf(await this.traceOf(source, true), this.options)),
        );
        if (key === undefined) continue;
        const group = groups.get(key) ?? [];
        group.push(source);
        groups.set(key, group);
      }
    }
    if (this.failed.length === paths.length && this.firstError !== undefined) throw this.firstError;
    for (const [key, sources] of groups) await this.writeGroup(key, sources);
    return {
      schema: 'heap-harvest/dataset-report@1',
      added: this.added,
      alreadyThere,
      events: this.events,
      allocations: this.allocations,
      parts: this.parts,
      notWhole: this.notWhole,
      failed: this.failed,
    };
  }

  /** One file that cannot be read does not keep the others out. */
  private async attempt<T>(file: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HarvestError) || this.options.signal?.aborted) throw error;
      this.firstError ??= error;
      this.failed.push({ file, reason: error.message });
      return undefined;
    }
  }

  private async traceOf({ path, id }: Source, isFirst: boolean): Promise<Trace> {
    const before = this.held.get(id);
    if (before) {
      this.held.delete(id);
      this.heldEvents -= before.eventCount;
      return before;
    }
    const { signal } = this.options;
    const { builder } = await loadTrace(path, { skipSamples: true, ...(signal ? { signal } : {}) });
    const trace = builder.build();
    if (isFirst && (this.held.size === 0 || this.heldEvents + trace.eventCount <= PART_EVENTS)) {
      this.held.set(id, trace);
      this.heldEvents += trace.eventCount;
    }
    return trace;
  }

  private async writeGroup(folder: string, sources: readonly Source[]): Promise<void> {
    let staged: string[] = [];
    let events = 0;
    for (const source of sources) {
      this.options.signal?.throwIfAborted();
      const trace = await this.traceOf(source, false);
      if (staged.length === PART_CAPTURES || (staged.length > 0 && events + trace.eventCount > PART_EVENTS)) {
        await this.writePart(folder, staged);
        staged = [];
        events = 0;
      }
      if (staged.length === 0) await this.database.run(stagingTables());
      await this.stage(source, trace, staged.length);
      staged.push(source.id);
      events += trace.eventCount;
      this.options.onProgress?.(++this.done, this.all);
    }
    if (staged.length > 0) await this.writePart(folder, staged);
  }

  private async stage({ path }: Source, trace: Trace, number: number): Promise<void> {
    const { device, deviceFrom } = this.options;
    const shown = shownTrace(selectFrames(trace, 'script'), { lookThrough: false, ...this.options });
    const named = device ?? (deviceFrom === undefined ? undefined : deviceNamed(path, deviceFrom));
    for (const { table, count, columns } of stagedCapture(shown, { number, path, device: named })) {
      if (table === 'allocations') this.allocations += count;
      await this.database.append(`staged_${table}`, count, columns);
    }
    this.added++;
    this.events += trace.eventCount;
    if (!trace.info.complete || trace.info.doubtful !== undefined) this.notWhole++;
  }

  /** Writes what is staged beside the dataset, and moves it in as one folder. */
  private async writePart(folder: string, ids: readonly string[]): Promise<void> {
    const { root, staging } = this.place;
    const name = `part-${createHash('sha256').update(ids.join()).digest('hex').slice(0, 16)}`;
    const made = join(staging, name);
    await mkdir(made);
    this.database.flush();
    for (const table of DATASET_TABLES) {
      const file = join(made, `${table}.parquet`);
      await this.database.run(
        `COPY (${writtenRows(table, ids)}) TO ${sqlText(resolve(file))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, ` +
          `KV_METADATA {schema: ${sqlText(DATASET_SCHEMA)}, "table": ${sqlText(table)}})`,
      );
      await synced(file);
    }
    const target = join(root, folder, name);
    await mkdir(dirname(target), { recursive: true });
    try {
      await rename(made, target);
    } catch (error) {
      // Another writer was given the same captures, and was first.
      if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error;
      return;
    }
    await synced(dirname(target));
    this.parts.push(`${folder}/${name}`);
  }
}

function partitionOf({ info }: Trace, { board, firmware }: DatasetOptions): Partition {
  return { board: info.board ?? board, firmware: info.elf?.buildId ?? firmware, date: dayOf(info.startedAtWallMs) };
}

function deviceNamed(path: string, from: 'file' | 'folder'): string {
  const whole = resolve(path);
  return from === 'folder' ? basename(dirname(whole)) : basename(whole).replace(/\.[^.]*$/, '');
}

/** Waits until a file or a folder is on the disk. */
async function synced(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  } catch (error) {
    // Windows opens no folders.
    if (!isCode(error, 'EPERM') && !isCode(error, 'EISDIR') && !isCode(error, 'EINVAL')) throw error;
  }
}
