import { setFlagsFromString } from 'node:v8';
import {
  addMarks,
  ExitCode,
  FRAME_VIEWS,
  type FrameView,
  type HeapRegion,
  journalFigures,
  type LoadOptions,
  oneLine,
  parseAddress,
  parseSize,
  type RunSink,
  sanitize,
  selectFrames,
  type Trace,
  traceDoubts,
  UsageError,
} from '../../lib/public/command-line.js';
import type { Context } from '../context.js';
import { readInput } from '../input-file.js';
import { loadFilledTrace } from '../load-filled-trace.js';
import type { OptionSet } from '../options/option-set.js';

/** The options that every analysis has. */
export function analysisOptions<T>(set: OptionSet<T>) {
  return set
    .option('hide', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'hide functions or files that begin with this, too',
    })
    .option('show-allocator', { type: 'boolean', default: false, describe: "show the allocator's own frames" })
    .option('look-through', {
      type: 'boolean',
      describe: 'look through a wrapper that nearly all bytes pass through; --no-look-through shows it',
    })
    .option('mark', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'NAME=EVENT or NAME=FUNCTION: a mark of your own',
    })
    .option('frames', {
      choices: FRAME_VIEWS,
      describe: "of firmware that runs scripts: the scripts' frames (default), the C functions', or both (mixed)",
    })
    .option('heap', { type: 'string', describe: "BASE:SIZE, the heap's bounds where the trace has none" });
}

/** A trace argument as set' positional. */
export const traceArgument = {
  type: 'string',
  demandOption: true,
  values: 'input',
  describe: 'a journal or any importable trace; - is stdin',
} as const;

export interface AnalysisArgs {
  readonly hide: readonly string[];
  readonly showAllocator: boolean;
  readonly lookThrough?: boolean | undefined;
  readonly mark: readonly string[];
  readonly heap?: string | undefined;
  /** Default: `script`. */
  readonly frames?: FrameView | undefined;
}

/** What a call tree and leaks do not look at. */
export const ONLY_BLOCKS = ['requestedBytes', 'atUs', 'task', 'largestBeforeBytes', 'largestAfterBytes'] as const;

/** What an analysis is read with. */
interface Loading extends Context {
  readonly skipColumns?: LoadOptions['skipColumns'];
}

/** Reads a trace and adds the marks and the bounds of the command line. */
export async function loadForAnalysis(path: string, args: AnalysisArgs, context: Loading): Promise<Trace> {
  const { skipColumns = [] } = context;
  const { builder } = await loadFilledTrace(path, { signal: context.signal, skipSamples: true, skipColumns });
  if (args.heap !== undefined)
    builder.add({ kind: 'region', region: regionArgument(args.heap, builder.info.unitBytes) });
  const trace = builder.build();
  sayDoubts(trace, context);
  // Bounds that were given replace all that the trace has.
  const marked = selectFrames(addMarks(trace, args.mark), args.frames ?? 'script');
  return args.heap === undefined ? marked : { ...marked, regions: marked.regions.slice(-1) };
}

/** Figures of a trace, from all of it or in one pass over its events. */
interface Figures<T> {
  whole(trace: Trace): T;
  /** Undefined for what needs the whole trace. */
  sink(outline: Trace): RunSink<T> | undefined;
}

/** Figures of a trace. Those of a large journal are made in one pass over its events, which are not kept, where that can be done. */
export async function analyse<T>(
  { trace: path, ...args }: AnalysisArgs & { readonly trace: string },
  context: Loading,
  { whole, sink }: Figures<T>,
): Promise<{ readonly trace: Trace; readonly result: T }> {
  const frames = args.frames ?? 'script';
  const options = { signal: context.signal, skipColumns: context.skipColumns ?? [] };
  const isPlain = args.mark.length === 0 && args.heap === undefined;
  // The kernel of the loops over events is small and runs long: compiled well at once, not quickly first. A tenth of the time of five million events.
  setFlagsFromString('--no-liftoff');
  const figures = isPlain
    ? await journalFigures(path, (it) => (selectFrames(it, frames) === it ? sink(it) : undefined), options)
    : undefined;
  if (figures) {
    sayDoubts(figures.trace, context);
    return figures;
  }
  const trace = await loadForAnalysis(path, args, context);
  return { trace, result: whole(trace) };
}

/** What was doubted or assumed when the trace was captured or read is said by every command: figures alone look exact. */
export function sayDoubts(trace: Trace, context: Context): void {
  if (context.quiet) return;
  const shown = (text: string) => sanitize(context.verbosity > 0 ? text : oneLine(text));
  for (const { kind, text } of traceDoubts(trace)) context.err(`${kind === 'note' ? 'note: ' : ''}${shown(text)}\n`);
}

/** The exit status of a command that judges a trace, or writes it down for others: nothing is proved by one that lacks events. */
export function exitCodeFor({ info }: Pick<Trace, 'info'>): ExitCode {
  return info.complete && info.doubtful === undefined ? ExitCode.ok : ExitCode.partial;
}

/** @throws UsageError HH1187 */
function regionArgument(text: string, unitBytes: number): HeapRegion {
  const [base = '', size = '', ...rest] = text.split(':');
  const baseAddress = parseAddress(base);
  const sizeBytes = parseSize(size);
  if (baseAddress !== undefined && sizeBytes !== undefined && sizeBytes > 0 && rest.length === 0) {
    return { name: '--heap', baseAddress, sizeBytes, unitBytes };
  }
  throw new UsageError('HH1187', `--heap ${text}: expected BASE:SIZE, such as 0x20000500:19968 or 0:20K`);
}

export function hideOptions(args: AnalysisArgs) {
  return {
    hide: args.hide,
    showAllocator: args.showAllocator,
    ...(args.lookThrough === undefined ? {} : { lookThrough: args.lookThrough }),
  };
}

/** @throws UsageError HH1108 */
export function sizeArgument(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw new UsageError('HH1108', `${option} ${text}: expected a size such as 4096, 10K or 0x5000`);
}

/** `{ name: bytes }` for a size that was given, else nothing. */
export function sizeField<K extends string>(name: K, option: string, text: string | undefined): { [P in K]?: number } {
  const field: { [P in K]?: number } = {};
  if (text !== undefined) field[name] = sizeArgument(option, text);
  return field;
}

/** @throws UsageError HH1107 */
export function countField<K extends string>(
  name: K,
  option: string,
  value: number | undefined,
): { [P in K]?: number } {
  const field: { [P in K]?: number } = {};
  if (value === undefined) return field;
  if (!Number.isFinite(value) || value < 0) throw new UsageError('HH1107', `${option}: expected a number from 0 on`);
  field[name] = value;
  return field;
}

/** A file's text; `-` is standard input. @throws UsageError HH1105 */
export async function readText(path: string): Promise<string> {
  return (await readInput(path, 'HH1105')).toString('utf8');
}
