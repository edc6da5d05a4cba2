import type { GdbProgram } from '../gdb/find-gdb.js';
import { MiSession } from '../gdb/mi/mi-session.js';
import { SnapshotServer } from '../gdb/rsp/snapshot-server.js';
import type { Backtrace, Frame, RawSample } from '../trace/heap-event.js';

/** gdb's own backtraces of recorded samples, from a gdb that is connected to nothing but our copy of them. */
export class GdbBacktraces implements AsyncDisposable {
  private readonly never = new AbortController().signal;

  private constructor(
    private readonly server: SnapshotServer,
    private readonly session: MiSession,
  ) {}

  /** @throws GdbError, TargetError when gdb does not start or refuses the snapshot. */
  static async open(program: GdbProgram, elfPath: string): Promise<GdbBacktraces> {
    const server = await SnapshotServer.listen();
    try {
      const session = await MiSession.open(program, {
        elfPath,
        host: '127.0.0.1',
        port: server.port,
        serverName: 'snapshot server',
        resetCommands: [],
        load: false,
        verify: false,
        detach: false,
      });
      return new GdbBacktraces(server, session);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Innermost first, without the log function's own frame. */
  async of(sample: RawSample, maxDepth: number): Promise<Backtrace> {
    this.server.show(sample);
    // A stop makes gdb forget what it knew of the sample before, in every version of gdb.
    await this.session.resume(this.never);
    return (await this.session.backtrace(maxDepth + 1)).slice(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** How our backtrace compares with gdb's. */
export type Comparison =
  | { readonly outcome: 'same' }
  /** We have frames of tail calls that gdb leaves out: it shows them only where its call-site data leave one way. */
  | { readonly outcome: 'explained' }
  | { readonly outcome: 'differs'; readonly frame: number; readonly ours: string; readonly gdbs: string };

export function compareBacktraces(ours: Backtrace, gdbs: Backtrace): Comparison {
  const same = ours.length === gdbs.length && ours.every((frame, index) => sameFrame(frame, gdbs[index]));
  if (same) return { outcome: 'same' };
  let at = 0;
  for (const frame of ours) {
    if (sameFrame(frame, gdbs[at])) at++;
    else if (frame.kind !== 'tail') break;
  }
  if (at === gdbs.length && ours.filter((frame) => frame.kind !== 'tail').length <= gdbs.length)
    return { outcome: 'explained' };
  const frame = ours.findIndex((own, index) => !sameFrame(own, gdbs[index]));
  const index = frame < 0 ? ours.length : frame;
  return { outcome: 'differs', frame: index, ours: frameText(ours[index]), gdbs: frameText(gdbs[index]) };
}

/** The kind is not compared: MI does not tell it. */
function sameFrame(a: Frame, b: Frame | undefined): boolean {
  return (
    b !== undefined &&
    (a.address === b.address || a.kind === 'signal') &&
    a.functionName === b.functionName &&
    a.file === b.file &&
    sameLine(a.line, b.line)
  );
}

/** gdb 13 keeps the line of a symbol in 16 bits: of SQLite's 190,000 lines it shows 187,510 as 56,438 where calls were inlined. */
function sameLine(ours: number, gdbs: number): boolean {
  return ours === gdbs || (ours > 0xffff && (ours & 0xffff) === gdbs);
}

function frameText(frame: Frame | undefined): string {
  if (!frame) return 'no frame';
  return `${frame.functionName || '??'} at ${frame.file || '??'}:${frame.line}`;
}
