import { timerMs } from '../base/timers.js';
import type { Target } from '../link/server/target.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { warnOfBareBacktraces } from './bare-backtraces.js';
import { type PromptSeen, PromptWatcher } from './console/prompt-watcher.js';
import type { TargetConsole } from './console/target-console.js';
import { EndReason } from './end-reason.js';
import type { Engine, HarvestPlan } from './engine.js';

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Is shown what the target's console shows. */
  readonly console: TargetConsole | undefined;
  /** Is given the same. */
  readonly onText: (text: string) => void;
  /** Lines to type, one at each prompt; the prompt behind the last ends the capture. */
  readonly send?: readonly string[];
}

/**
 * Runs an engine and watches what engines do not see: the clock, the console's prompt, the launched server's death, and the
 * caller's signal. Each ends the capture cleanly with its own reason.
 */
export async function* watchedCapture(
  engine: Engine,
  target: Target,
  plan: HarvestPlan,
  { signal, console, onText, send = [] }: WatchOptions,
): AsyncGenerator<TraceRecord> {
  const control = new AbortController();
  const hasGoal = plan.stops.length > 0 || plan.prompt !== undefined;
  const goal = [...plan.stops.map(({ label }) => label), ...(plan.prompt === undefined ? [] : ['the prompt'])].join(
    ' or ',
  );
  const onAbort = () => control.abort(new EndReason('interrupted', !hasGoal));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const timer =
    plan.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          const never = hasGoal ? `: ${goal} was not reached` : '';
          control.abort(new EndReason(`time-out after ${(plan.timeoutMs ?? 0) / 1000} s${never}`, !hasGoal));
        }, timerMs(plan.timeoutMs));
  if (target.console) {
    const lines = [...send];
    const end = (text: string | undefined) =>
      control.abort(new EndReason(`the console shows ${JSON.stringify(text)}`, true));
    const onSeen = (seen: PromptSeen) => {
      const line = lines.shift();
      if (line === undefined) end(seen === 'prompt' ? plan.prompt : plan.waitText);
      else if (seen === 'prompt') target.writeConsole?.(`${line}\r`);
      else {
        // The line is for the prompt, which comes behind any key.
        lines.unshift(line);
        target.writeConsole?.('\r');
      }
    };
    // Read in any case: a full pipe would hold the emulator up.
    const show = (text: string) => {
      console?.show(text);
      onText(text);
    };
    readConsole(target.console, show, { watcher: new PromptWatcher(plan), onSeen }).catch(() => undefined);
  }
  try {
    yield* warnOfBareBacktraces(engine.harvest(target, plan, control.signal));
  } catch (error) {
    // Aborted before the engine had begun: that is an end too, with nothing captured.
    if (!(error instanceof EndReason)) throw error;
    yield { kind: 'info', info: { endReason: error.text, complete: error.complete } };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

interface PromptWait {
  readonly watcher: PromptWatcher;
  readonly onSeen: (seen: PromptSeen) => void;
}

async function readConsole(
  chunks: AsyncIterable<string>,
  show: (text: string) => void,
  { watcher, onSeen }: PromptWait,
): Promise<void> {
  for await (const text of chunks) {
    show(text);
    const seen = watcher.push(text);
    if (seen) onSeen(seen);
  }
}
