import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { filePieces, unpacked } from '../base/file-pieces.js';
import { oddNameRemedy } from '../base/odd-name.js';
import type { Bytes } from '../base/units.js';
import { HarvestError, TraceFormatError, UsageError } from '../errors/errors.js';
import { isJournal } from '../trace/journal-format.js';
import type { EventColumns } from '../trace/trace.js';
import { TraceBuilder } from '../trace/trace-builder.js';
import type { ColumnKernel } from '../trace/varint-reader.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { gdbLog } from './gdb-log.js';
import { InputGuard } from './input-guard.js';
import { mergeStreams, type TraceStream } from './merge-builders.js';

const HEAD_BYTES = 65536;

/** What a file is, and what it does not tell itself. */
export interface LoadOptions extends ImportOptions {
  /** A format's id; default: told by content. */
  readonly format?: string;
  readonly signal?: AbortSignal;
  /** Where the events go: a builder of your own keeps what was decoded before an error. */
  readonly builder?: TraceBuilder;
  /** Leave a journal's registers and stack copies out: only `resymbolize` needs them, and they are most of its bytes. */
  readonly skipSamples?: boolean;
  /** Columns of a journal that are not wanted: they cost neither time nor memory. What every event has is always read. */
  readonly skipColumns?: readonly (keyof EventColumns)[];
  /** Of a journal: read all but the events; the builder counts them only. */
  readonly withoutEvents?: boolean;
  /** Of a journal: told of events as they are read; the builder keeps them no longer. */
  readonly onEvents?: (builder: TraceBuilder) => void;
  /** Of a journal that is read again, unchanged, into a builder with the tables of the first time: names, stacks and checksums are passed over. */
  readonly tablesKnown?: boolean;
  /**
   * Of a journal: reads columns faster.
   * @internal
   */
  readonly kernel?: ColumnKernel;
}

/** The same for an input that comes in pieces. */
export interface StreamOptions extends LoadOptions {
  /** How long the input is, where that is known. */
  readonly totalBytes?: Bytes;
  /** How many events the input says that it has. */
  readonly totalEvents?: number;
}

/** A trace that was read, and what it was taken for. */
export interface LoadedTrace {
  readonly builder: TraceBuilder;
  /** `journal`, or a format's id. */
  readonly format: string;
  readonly title: string;
}

/**
 * Reads any trace from a file (`-` is stdin): a journal, or a format that the registry recognises by content; gzip is unpacked.
 * @throws UsageError HH1105 (cannot be read), TraceFormatError; what was decoded before is in `options.builder`.
 */
export async function loadTrace(path: string, options: LoadOptions = {}): Promise<LoadedTrace> {
  const source = path === '-' ? (process.stdin as AsyncIterable<Uint8Array>) : filePieces(path);
  const subject = path === '-' ? 'stdin' : path;
  try {
    const totalBytes = path === '-' ? undefined : (await stat(path)).size;
    const totalEvents = totalBytes ? await eventsSaidAtEnd(path, totalBytes) : undefined;
    return await decodeStream(unpacked(source, subject), {
      subject,
      ...options,
      ...(totalBytes ? { totalBytes } : {}),
      ...(totalEvents ? { totalEvents } : {}),
    });
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause instanceof HarvestError) throw cause;
    if (String(cause.code).startsWith('Z_')) {
      throw new TraceFormatError('HH1406', `${subject}: damaged gzip: ${cause.message}`, { cause });
    }
    if (!('syscall' in cause)) throw cause;
    const isFolder = cause.code === 'EISDIR';
    const remedy = oddNameRemedy(subject) ?? (isFolder ? await remedyOfFolder(path) : undefined);
    throw new UsageError('HH1105', `${subject}: cannot be read: ${isFolder ? 'it is a folder' : cause.message}`, {
      cause,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}

/** A capture is a folder of files, of which one is the trace. */
async function remedyOfFolder(path: string): Promise<string> {
  const journal = join(path, 'capture.harvest');
  const found = await stat(journal).catch(() => undefined);
  return `name ${found?.isFile() ? `the journal in it: ${journal}` : 'a file in it'}`;
}

/**
 * Reads several streams of one run (a file a core, a file a task) as one trace, in the order of their times.
 * @throws as loadTrace does, and TraceFormatError HH1414 when they cannot be put in order.
 */
export async function loadTraces(paths: readonly string[], options: LoadOptions = {}): Promise<LoadedTrace> {
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return loadTrace(only, options);
  const builder = options.builder ?? new TraceBuilder();
  const streams: TraceStream[] = [];
  const titles = new Set<string>();
  let format = '';
  for (const path of paths) {
    const stream = { name: path, builder: new TraceBuilder() };
    try {
      const loaded = await loadTrace(path, { ...options, builder: stream.builder });
      titles.add(loaded.title);
      format = loaded.format;
    } catch (error) {
      // What was read of a damaged file is kept, as it is when the file is read alone.
      if (!(error instanceof TraceFormatError) || stream.builder.eventCount === 0) throw error;
      stream.builder.add({ kind: 'gap', reason: error.message });
    }
    streams.push(stream);
  }
  mergeStreams(streams, builder, paths.join(' and '));
  return { builder, format, title: `${paths.length} streams: ${[...titles].join(', ')}` };
}

/** The same for bytes from anywhere. */
export async function decodeStream(source: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<LoadedTrace> {
  const { subject = 'input', signal } = options;
  const builder = options.builder ?? new TraceBuilder();
  let head: Uint8Array = new Uint8Array(0);
  let opened: Opened | undefined;
  let guard: InputGuard | undefined;
  for await (const chunk of source) {
    signal?.throwIfAborted();
    if (opened) {
      opened.decoder.push(chunk);
      guard?.check(chunk, opened.decoder);
      continue;
    }
    // A large first piece is used where it lies: it is valid until the next one is asked for.
    head = head.length === 0 && chunk.length >= HEAD_BYTES ? chunk : Buffer.concat([head, chunk]);
    if (head.length < HEAD_BYTES) continue;
    opened = await openDecoder(head, false, builder, { ...options, subject });
    opened.decoder.push(head);
    guard = new InputGuard(builder, subject, opened.title);
    guard.check(head, opened.decoder);
  }
  if (!opened) {
    opened = await openDecoder(head, true, builder, { ...options, subject });
    opened.decoder.push(head);
  }
  opened.decoder.end();
  checkSomething(opened, subject);
  if (opened.mayTellLevels && builder.levels.length === 0) {
    const text =
      'the log also says how full the heap was, which is not in this trace: options.format heap-levels reads that';
    builder.add({ kind: 'note', code: 'also-levels', text });
  }
  return { builder, format: opened.format, title: opened.title };
}

/** Formats of which an empty trace says that nothing was allocated: they were written by a harvester that knows. */
const MAY_BE_EMPTY = new Set(['journal', 'alloctrace', 'allocation-history']);

/** Nothing read is no success: an input in which no event, block or region was found must not pass for a heap without leaks. */
function checkSomething({ builder, format, title }: LoadedTrace, subject: string): void {
  const { eventCount, regions, marks, gaps, levels } = builder;
  const isEmpty = eventCount + regions.length + marks.length + gaps.length + levels.length === 0;
  const saysOther = builder.notes.some(({ code }) => !code.startsWith('sysview-') && code !== 'prefix-assumed');
  if (!isEmpty || saysOther || MAY_BE_EMPTY.has(format)) return;
  const doubts = builder.notes.map(({ text }) => text).join('; ');
  throw new TraceFormatError(
    'HH1415',
    `${subject}: found no event of the heap${doubts && ` (${doubts})`}, expected at least one (read as ${title})`,
    { remedy: 'look at what the device printed, or name another format with options.format' },
  );
}

interface Opened extends LoadedTrace {
  readonly decoder: TraceDecoder;
  /** It was told by content, and its head has lines of heap levels as well. */
  readonly mayTellLevels?: boolean;
}

async function openDecoder(
  head: Uint8Array,
  whole: boolean,
  builder: TraceBuilder,
  options: StreamOptions,
): Promise<Opened> {
  const { subject = 'input' } = options;
  if (options.format === 'journal' || (options.format === undefined && isJournal(head))) {
    // Loaded when it is needed: its checks are a large part of the code, and most formats do without them.
    const { JournalReader } = await import('../trace/journal-reader.js');
    const { skipSamples = false, skipColumns = [], totalBytes, totalEvents, withoutEvents = false, onEvents } = options;
    const { tablesKnown = false, kernel } = options;
    if (totalEvents && !withoutEvents && !onEvents) builder.expectEvents(totalEvents);
    const decoder = new JournalReader(subject, builder, {
      skipSamples,
      skip: new Set(skipColumns),
      crc32,
      withoutEvents,
      tablesKnown,
      ...(onEvents ? { onEvents } : {}),
      ...(kernel ? { kernel } : {}),
      ...(totalBytes === undefined ? {} : { totalBytes }),
    });
    return { builder, format: 'journal', title: 'heap-harvest journal', decoder };
  }
  const { format, mayTellLevels } = await formatOf(
    head.subarray(0, HEAD_BYTES),
    whole && head.length <= HEAD_BYTES,
    options,
  );
  return { builder, format: format.id, title: format.title, decoder: format.open(builder, options), mayTellLevels };
}

const CERTAIN = 0.95;

async function formatOf(
  head: Uint8Array,
  whole: boolean,
  options: StreamOptions,
): Promise<{ readonly format: TraceFormat; readonly mayTellLevels: boolean }> {
  const forced = options.format ?? (options.patterns?.length ? 'pattern' : undefined);
  // The other readers are loaded for what is no log of gdb: they are most of the code that an import needs.
  if (forced === undefined && gdbLog.detect(head, whole) >= CERTAIN) return { format: gdbLog, mayTellLevels: false };
  const { alsoTellsLevels, detectFormat, formatAsNamed, formatById } = await import('./registry.js');
  if (forced !== undefined) return { format: formatAsNamed(formatById(forced), head, whole), mayTellLevels: false };
  const format = detectFormat(head, whole, options.subject);
  return { format, mayTellLevels: alsoTellsLevels(format, head, whole) };
}

/** No writer of journals puts an event into fewer bytes: a number that was made up asks for no more memory than the file does. */
const MIN_EVENT_BYTES = 3;
const END_BYTES = 64;

/** What a journal that was ended in good order says of itself in its last chunk: room is made once then. */
async function eventsSaidAtEnd(path: string, totalBytes: Bytes): Promise<number | undefined> {
  const file = await open(path);
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(END_BYTES),
      0,
      END_BYTES,
      Math.max(0, totalBytes - END_BYTES),
    );
    const events = Number(/\{"eventCount":(\d{1,9})\}.{4}$/s.exec(buffer.toString('latin1', 0, bytesRead))?.[1]);
    return events > 0 && events * MIN_EVENT_BYTES <= totalBytes ? events : undefined;
  } finally {
    await file.close();
  }
}

/** Whether a path is a file of a journal with at least so many bytes; it need not be there. */
export async function isLargeJournal(path: string, minBytes: Bytes): Promise<boolean> {
  const file = path === '-' ? undefined : await open(path).catch(() => undefined);
  const state = await file?.stat();
  const isLarge = state?.isFile() === true && state.size >= minBytes;
  const start = isLarge ? await file?.read(Buffer.alloc(8), 0, 8, 0) : undefined;
  await file?.close();
  return start !== undefined && isJournal(start.buffer);
}

/** Differs where a file was written to; undefined for one that is not there. */
export async function fileState(path: string): Promise<string | undefined> {
  const state = await stat(path, { bigint: true }).catch(() => undefined);
  return state && [state.size, state.ino, state.mtimeNs, state.ctimeNs].join(' ');
}
