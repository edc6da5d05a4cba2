import type { GapTimeline, Trace } from '../../lib/public/browser.js';
import type { DeskReply, DeskRequest, TraceNames } from '../model/desk-messages.js';
import type { JobName, Jobs } from '../model/jobs.js';
import { type Desk, type LoadedTrace, received } from '../model/loaded-trace.js';
import { lookThrough } from '../model/sources.js';
import type { Message } from './app-state.js';
import { ToldError } from './message-of.js';
import { ownScript } from './own-script.js';
import { followGaps } from './worker.js';

/** A trace of so few events is followed before a worker has started. */
const SHORT_TRACE = 20_000;

function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([ownScript], { type: 'text/javascript' }));
  const worker = new Worker(url);
  // The worker has its script once it answers; a minute is more than any browser takes.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return worker;
}

export interface OpenAsked {
  readonly file: Blob;
  readonly name: string;
  readonly hide: readonly string[];
  readonly onProgress: (doing: string, share: number) => void;
  /** The curves come after the trace. */
  readonly onGaps: (loaded: LoadedTrace, gaps: GapTimeline | undefined) => void;
}

/** A worker that holds one trace. */
export class WorkerDesk implements Desk {
  private readonly worker = startWorker();
  private readonly slots = new Map<JobName, Slot>();
  private spare: ArrayBuffer | undefined;

  /** @throws ToldError what the reader says of the file; another error where the browser starts no worker. */
  open({ file, name, hide, onProgress, onGaps }: OpenAsked): Promise<LoadedTrace> {
    return new Promise((resolve, reject) => {
      let loaded: LoadedTrace | undefined;
      this.worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || 'the worker did not start'));
      };
      this.worker.onmessage = ({ data }: MessageEvent<DeskReply>) => {
        switch (data.kind) {
          case 'progress':
            onProgress(data.doing, data.share);
            break;
          case 'opened': {
            const { trace } = data.loaded;
            // Of few events the page answers at once itself; the worker only follows their gaps.
            const short = trace.eventCount <= SHORT_TRACE;
            loaded = { ...received(data.loaded, lookThrough(trace, hide)), desk: short ? undefined : this };
            if (short && !loaded.order) this.close();
            resolve(loaded);
            break;
          }
          case 'gaps':
            if (loaded) onGaps(loaded, data.gaps);
            if (!loaded?.desk) this.close();
            break;
          case 'done':
            this.done(data.name, data.result, undefined);
            break;
          case 'failed':
            if (data.name) this.done(data.name, undefined, data.message);
            else reject(new ToldError(data.message));
            break;
        }
      };
      this.send({ kind: 'open', file, name, hide });
    });
  }

  ask<K extends JobName>(
    name: K,
    args: Jobs[K]['args'],
    then: (result: Jobs[K]['result'] | undefined, problem?: Message) => void,
  ): void {
    const asked: Asked = { args, tell: then as Asked['tell'] };
    const slot = this.slots.get(name);
    // One of a kind at a time; of those that wait only the last is still wanted.
    if (slot) slot.waiting = asked;
    else this.start(name, asked);
  }

  /** Browsers keep what came with a message as long as that, which nobody collects: so it goes to and fro. */
  giveBack({ buffer }: Int32Array): void {
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) this.spare = buffer;
  }

  rename(names: TraceNames, hide: readonly string[]): void {
    this.send({ kind: 'names', names, hide });
  }

  hide(hide: readonly string[]): void {
    this.send({ kind: 'hide', hide });
  }

  mark(marks: Trace['marks']): void {
    this.send({ kind: 'marks', marks });
  }

  close(): void {
    this.worker.terminate();
    this.slots.clear();
  }

  private start(name: JobName, asked: Asked): void {
    this.slots.set(name, { running: asked, waiting: undefined });
    const room = name === 'rows' ? this.spare : undefined;
    if (room) this.spare = undefined;
    this.send({ kind: 'job', name, args: asked.args, room }, room ? [room] : []);
  }

  private done(name: JobName, result: Jobs[JobName]['result'], problem: Message | undefined): void {
    const slot = this.slots.get(name);
    this.slots.delete(name);
    if (!slot) return;
    if (slot.waiting) {
      if (typeof result === 'object' && 'rows' in result) this.giveBack(result.rows);
      this.start(name, slot.waiting);
    } else slot.running.tell(result, problem);
  }

  private send(request: DeskRequest, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(request, transfer);
  }
}

interface Asked {
  readonly args: Jobs[JobName]['args'];
  readonly tell: (result: unknown, problem?: Message) => void;
}

interface Slot {
  readonly running: Asked;
  waiting: Asked | undefined;
}

/**
 * The free bytes and the largest free block after every event of a trace that the page has read itself, computed beside the page so
 * that it stays quick meanwhile; in the page for short traces, and where the browser starts no worker.
 */
export async function gapsBeside(trace: Trace): Promise<GapTimeline | undefined> {
  if (trace.eventCount <= SHORT_TRACE) return followGaps(trace);
  try {
    return await new Promise((resolve, reject) => {
      const worker = startWorker();
      worker.onmessage = ({ data }: MessageEvent<DeskReply>) => {
        worker.terminate();
        if (data.kind === 'gaps') resolve(data.gaps);
        else reject(new Error('no curve'));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        worker.terminate();
        reject(new Error(event.message));
      };
      worker.postMessage({ kind: 'gaps', trace: { ...trace, rawSamples: [] } } satisfies DeskRequest);
    });
  } catch {
    return followGaps(trace);
  }
}
