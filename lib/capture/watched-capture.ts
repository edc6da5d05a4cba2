import type { Target } from '../link/server/target.js';
import type { TraceRecord } from '../trace/heap-event.js';
import { PromptWatcher } from './console/prompt-watcher.js';
import type { TargetConsole } from './console/target-console.js';
import { EndReason } from './end-reason.js';
import type { Engine, HarvestPlan } from './engine.js';

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Is shown what the target's console shows. */
  readonly console: TargetConsole | undefined;
}

/**
 * Runs an engine and watches what engines do not see: the clock, the console's prompt, the launched server's death, and the
 * caller's signal. Each ends the capture cleanly with its own reason.
 */
export async function* watchedCapture(
  engine: Engine,
  target: Target,
  plan: HarvestPlan,
  { signal, console }: WatchOptions,
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
        }, plan.timeoutMs);
  if (target.console) {
    const reachedPrompt = () => control.abort(new EndReason(`the console shows ${JSON.stringify(plan.prompt)}`, true));
    // Read in any case: a full pipe would hold the emulator up.
    readConsole(target.console, console, { prompt: plan.prompt, reachedPrompt }).catch(() => undefined);
  }
  try {
    yield* engine.harvest(target, plan, control.signal);
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
  console: TargetConsole | undefined,
  { prompt, reachedPrompt }: PromptWait,
): Promise<void> {
  const watcher = prompt === undefined ? undefined : new PromptWatcher(prompt);
  for await (const text of chunks) {
    console?.show(text);
    if (watcher?.push(text)) reachedPrompt();
  }
}
