import { timerMs } from '../base/timers.js';
import type { Target } from '../link/server/target.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { warnOfBareBacktraces } from './bare-backtraces.js';
import { PromptWatcher } from './console/prompt-watcher.js';
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
    const end = () => control.abort(new EndReason(`the console shows ${JSON.stringify(plan.prompt)}`, true));
    const reachedPrompt = () => {
      const line = lines.shift();
      if (line === undefined) end();
      else target.writeConsole?.(`${line}\r`);
    };
    // Read in any case: a full pipe would hold the emulator up.
    const show = (text: string) => {
      console?.show(text);
      onText(text);
    };
    readConsole(target.console, show, { prompt: plan.prompt, reachedPrompt }).catch(() => undefined);
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
  readonly prompt: string | undefined;
  readonly reachedPrompt: () => void;
}

async function readConsole(
  chunks: AsyncIterable<string>,
  show: (text: string) => void,
  { prompt, reachedPrompt }: PromptWait,
): Promise<void> {
  let watcher = prompt === undefined ? undefined : new PromptWatcher(prompt);
  for await (const text of chunks) {
    show(text);
    if (prompt === undefined || !watcher?.push(text)) continue;
    watcher = new PromptWatcher(prompt);
    reachedPrompt();
  }
}
