import type { Architecture } from '../../arch/architecture.js';
import type { Address } from '../../base/units.js';
import type { HasFunction } from '../../firmware/gdb-backtrace.js';
import type { GdbProgram } from '../../link/mi/find-gdb.js';
import { MiLink } from '../../link/mi/mi-link.js';
import { SnapshotServer } from '../../link/rsp/snapshot-server.js';
import { type Backtrace, type Frame, isCut, type RawSample } from '../../trace/heap-event.js';

/** Whose backtraces gdb makes, and until when. */
export interface CheckedFirmware {
  readonly elf: string;
  readonly architecture: Architecture;
  readonly maxDepth: number;
  /** Ends gdb, at once and at any time. */
  readonly signal?: AbortSignal;
}

/** gdb's own backtraces of recorded samples, from a gdb that is connected to nothing but our copy of them. */
export class GdbBacktraces implements AsyncDisposable {
  private readonly never = new AbortController().signal;

  private constructor(
    private readonly server: SnapshotServer,
    private readonly link: MiLink,
  ) {}

  /** @throws GdbError, TargetError when gdb does not start or refuses the snapshot. */
  static async open(
    program: GdbProgram,
    { elf, architecture, maxDepth, signal }: CheckedFirmware,
  ): Promise<GdbBacktraces> {
    const server = await SnapshotServer.listen(architecture);
    try {
      const link = await MiLink.open(program, {
        elf,
        host: '127.0.0.1',
        port: server.port,
        serverName: 'snapshot server',
        resetCommands: [],
        load: false,
        verify: false,
        detach: false,
        backtraceLimit: maxDepth + 2,
        ...(signal ? { signal } : {}),
      });
      return new GdbBacktraces(server, link);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Innermost first, without the log function's own frame. */
  async of(sample: RawSample, maxDepth: number): Promise<Backtrace> {
    this.server.show(sample);
    // A stop makes gdb forget what it knew of the sample before, in every version of gdb.
    await this.link.resume(this.never);
    return (await this.link.backtrace(maxDepth + 1)).slice(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/**
 * What gdb is known to show otherwise. `tail-calls`: it leaves out frames of tail calls, which it shows only where its call-site data
 * leave one way. `ends-early`: without call frame information it stops where we go on by prologues; those frames are marked guessed.
 * `wrong-name`: it takes an address for a function that the linker discarded (its debug information stays, at address 0 on), where the
 * symbol table has ours: firmware whose flash begins at 0; or the function that a scheduler put into lr for the one before it (see
 * correctedBacktrace). `cut`: both end where the copy of the stack, or what is known of the code, ends, or ours at an exception whose stack
 * is not known, where gdb guesses one; that they agree up to there says nothing of the calls outside. `overlay`: code of several overlays is at
 * that address, and gdb does not know either which one is there; both agree up to there, and ours is marked guessed from there on.
 */
export type Explanation = 'tail-calls' | 'ends-early' | 'wrong-name' | 'cut' | 'overlay';

/** What the firmware tells of the places that are compared. */
export interface Known {
  readonly hasFunction?: HasFunction | undefined;
  /** Whether code of several overlays is at an address. */
  readonly isOverlay?: (address: Address) => boolean;
}

/** How our backtrace compares with gdb's. */
export type Comparison =
  | { readonly outcome: 'same' }
  | { readonly outcome: 'explained'; readonly by: Explanation }
  | { readonly outcome: 'differs'; readonly frame: number; readonly ours: string; readonly gdbs: string };

/** Both without the frames of the hooked functions; that one of them is cut is no difference by itself. */
export function compareBacktraces(all: Backtrace, allOfGdb: Backtrace, known: Known = {}): Comparison {
  const { hasFunction } = known;
  const ours = withoutCut(all);
  const gdbs = withoutCut(allOfGdb);
  let by: Explanation | undefined;
  let own = 0;
  let at = 0;
  while (own < ours.length) {
    const frame = ours[own];
    if (isGuessedFromOverlay(ours, own, known) && (gdbs[at]?.address ?? frame?.address) === frame?.address)
      return { outcome: 'explained', by: 'overlay' };
    if (frame && sameFrame(frame, gdbs[at])) {
      own++;
      at++;
    } else if (frame?.kind === 'tail') {
      by ??= 'tail-calls';
      own++;
    } else if (frame?.certainty === 'guessed' && at === gdbs.length) {
      by = 'ends-early';
      own++;
    } else {
      const ownEnd = endOfFunction(ours, own);
      const otherEnd = endOfFunction(gdbs, at);
      if (!hasFunction || !isMisnamed(ours[ownEnd - 1], gdbs[otherEnd - 1], hasFunction)) break;
      by = 'wrong-name';
      own = ownEnd;
      at = otherEnd;
    }
  }
  // Behind an exception whose stack we cannot tell gdb takes the next best: it has our copy of the memory, and no more than that.
  const isBeyondException = own === ours.length && isCut(all) && ours.at(-1)?.kind === 'signal';
  if (own === ours.length && (at === gdbs.length || isBeyondException)) {
    if (isCut(all)) by ??= 'cut';
    return by === undefined ? { outcome: 'same' } : { outcome: 'explained', by };
  }
  return { outcome: 'differs', frame: own, ours: frameText(ours[own]), gdbs: frameText(gdbs[at]) };
}

/** Whether a frame is in an overlay, and it and all outside of it are marked so. */
function isGuessedFromOverlay(frames: Backtrace, from: number, { isOverlay }: Known): boolean {
  const frame = frames[from];
  // A return address may be the first one behind its section.
  if (!frame || !isOverlay || !(isOverlay(frame.address) || isOverlay(frame.address - 1))) return false;
  return frames.slice(from).every(({ certainty }) => certainty === 'guessed');
}

function withoutCut(backtrace: Backtrace): Backtrace {
  return isCut(backtrace) ? backtrace.slice(0, -1) : backtrace;
}

/** Behind the frames that share the address of this one: the calls inlined into a function, and the function last. */
function endOfFunction(frames: Backtrace, from: number): number {
  let to = from + 1;
  while (to < frames.length && frames[to]?.address === frames[from]?.address) to++;
  return to;
}

/** Functions of the same address, of which the symbol table knows ours there and not gdb's. */
function isMisnamed(own: Frame | undefined, other: Frame | undefined, hasFunction: HasFunction): boolean {
  if (!own || !other || own.address !== other.address) return false;
  // A return address may be the first one behind its function; an interrupted one its function's first.
  const inside = (name: string) => hasFunction(name, own.address - 1) || hasFunction(name, own.address);
  return inside(own.functionName) && !inside(other.functionName);
}

const MAX_NOTED_CHARS = 60;

/** The kind is not compared: MI does not tell it. */
function sameFrame(a: Frame, b: Frame | undefined): boolean {
  return (
    b !== undefined &&
    (a.address === b.address || a.kind === 'signal') &&
    withoutParameters(a.functionName) === withoutParameters(b.functionName) &&
    a.file === b.file &&
    sameLine(a.line, b.line)
  );
}

/** gdb 13 keeps the line of a symbol in 16 bits: of SQLite's 190,000 lines it shows 187,510 as 56,438 where calls were inlined. */
function sameLine(ours: number, gdbs: number): boolean {
  return ours === gdbs || (ours > 0xffff && (ours & 0xffff) === gdbs);
}

/** Names of C++ templates run to a thousand characters: a note stays one line. */
function short(text: string): string {
  return text.length <= MAX_NOTED_CHARS
    ? text
    : `${text.slice(0, MAX_NOTED_CHARS / 2)}...${text.slice(-MAX_NOTED_CHARS / 2)}`;
}

/** gdb shows the parameters of C++ functions that it knows from the symbol table alone: `operator new(unsigned int)`. */
function withoutParameters(name: string): string {
  const bare = name.replace(/( const| volatile| &{1,2}|\[abi:\w+\])+$/, '');
  if (!bare.endsWith(')')) return bare;
  let depth = 0;
  for (let at = bare.length - 1; at > 0; at--) {
    if (bare[at] === ')') depth++;
    else if (bare[at] === '(' && --depth === 0)
      return bare.slice(0, at).endsWith('operator') ? bare : bare.slice(0, at);
  }
  return bare;
}

function frameText(frame: Frame | undefined): string {
  if (!frame) return 'no frame';
  return `${short(frame.functionName || '??')} at ${short(frame.file || '??')}:${frame.line}`;
}
