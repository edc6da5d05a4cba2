import { DeviceLostError } from '../../errors/errors.js';
import { SymbolizerUnwinder } from '../../firmware/symbolizer-unwinder.js';
import { linkReport } from '../../link/link-times.js';
import type { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import type { LineCounters } from '../../link/rsp/rsp-connection.js';
import { afterCommands, type Leaving, letGo } from '../../link/server/farewell.js';
import { letsGo, type Target } from '../../link/server/target.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { TraceInfo, TraceRecord } from '../../trace/heap-event.js';
import { endingWithGap } from '../lost-link.js';
import { ScriptStacks } from '../script-stacks.js';
import { knownStackTops, type LinkOptions, openClient, openPoke, removeLeftovers } from './open-client.js';
import { knownMemory, scriptMemory } from './readable-memory.js';
import { SnapshotReader } from './stop-snapshot.js';
import { StopUnwinder } from './stop-unwinder.js';
import { TargetRun } from './target-run.js';

export interface DirectConnectionOptions extends LinkOptions {
  readonly signal: AbortSignal;
}

/** What an engine says of its work. */
export type EngineReport = NonNullable<TraceInfo['engineReport']>;

/**
 * The link of one capture, from a connected and halted target to one that was let go without breakpoints: the same for both kinds of
 * hooks. Disposing it never throws.
 */
export class DirectConnection implements AsyncDisposable {
  readonly run: TargetRun;
  readonly stacks: StopUnwinder;
  private readonly before: LineCounters;
  private lost: Error | undefined;
  private linkLost = false;
  /** Whether the target was let go already. */
  private isGone = false;

  private constructor(
    private readonly target: Target,
    readonly client: RspClient,
    readonly reader: SnapshotReader,
    private readonly options: DirectConnectionOptions & {
      readonly firmware: Symbolizer;
      readonly poke: OpenocdPoke | undefined;
    },
  ) {
    this.run = new TargetRun(client, options.poke);
    const { firmware } = options;
    const scripts = ScriptStacks.of(firmware, scriptMemory(client, knownMemory(target.board, firmware.elfFile)));
    this.stacks = new StopUnwinder(new SymbolizerUnwinder(firmware, scripts?.loops), reader, scripts);
    this.before = { ...client.connection.counters };
    target.lost.catch((error: unknown) => {
      this.lost = error instanceof Error ? error : new Error(String(error));
      client.connection.destroy(this.lost);
    });
  }

  /** @throws TargetError, DeviceLostError when the target cannot be brought to where the capture starts. */
  static async open(target: Target, firmware: Symbolizer, options: DirectConnectionOptions): Promise<DirectConnection> {
    const client = await openClient(target, firmware, options);
    try {
      const tops = await knownStackTops(client, target, firmware);
      const known = knownMemory(target.board, firmware.elfFile);
      const reader = new SnapshotReader(client, tops, known);
      const poke = await openPoke(target, options.signal);
      return new DirectConnection(target, client, reader, { ...options, firmware, poke });
    } catch (error) {
      await client.detach(letsGo(target), afterCommands(target)).catch(() => undefined);
      throw error;
    }
  }

  /** Passes the records of a capture on, and says at their end what the target does now. When the link breaks they end with a gap and the reason, and the error is thrown. */
  guard(records: AsyncIterable<TraceRecord>, report: () => EngineReport): AsyncGenerator<TraceRecord, void> {
    const cause = (error: unknown) => {
      this.linkLost = error instanceof DeviceLostError;
      return this.lost;
    };
    return endingWithGap(this.letGoBehind(records), { cause, report });
  }

  private async *letGoBehind(records: AsyncIterable<TraceRecord>): AsyncGenerator<TraceRecord, void> {
    yield* records;
    if (this.target.orders.endsWithCapture === true) return;
    this.isGone = true;
    this.run.poke?.end();
    yield { kind: 'note', code: 'target', text: await letGo(leaving(this.client), this.target) };
  }

  /** How the link was, for the summary. */
  linkReport(): Record<string, number> {
    return linkReport(this.client.connection.latencies, this.client.interrupts.times);
  }

  /** What went over the line since the target was ready. */
  traffic(): Pick<LineCounters, 'roundTrips' | 'packets'> {
    const { counters } = this.client.connection;
    return {
      roundTrips: counters.roundTrips - this.before.roundTrips,
      packets: counters.packets - this.before.packets,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { client, target } = this;
    this.run.close();
    if (!this.isGone) await client.detach(letsGo(target), afterCommands(target)).catch(() => undefined);
    // A server that got out of step still has the breakpoints; one that is gone has not.
    if (this.linkLost) await removeLeftovers(target, client.breakpoints.maybeSet, this.options);
  }
}

function leaving(client: RspClient): Leaving {
  return {
    disarm: async () => {
      await client.interrupt();
      await client.breakpoints.removeAll();
    },
    maybeArmed: () => client.breakpoints.maybeSet.length,
    monitor: (command) => client.monitor(command),
    detach: async () => {
      // Some servers close without a reply; that is no fault of a link that is not needed any more.
      const said = await client.connection.request('D', 2_000).catch(() => Buffer.alloc(0));
      client.connection.destroy();
      return said.toString('latin1') === 'OK';
    },
    disconnect: async () => client.connection.destroy(),
  };
}
