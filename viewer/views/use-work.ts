import { useEffect, useMemo, useState } from 'preact/hooks';
import { type JobName, type Jobs, WORK } from '../model/jobs.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { app } from '../state/app-state.js';

/**
 * What a panel is to show: made at once for a trace that the page holds alone, else by the worker that holds it too. Undefined until
 * the first answer; what was there stays until the next one of the same trace has come.
 */
export function useWork<K extends JobName>(
  loaded: LoadedTrace,
  name: K,
  args: Jobs[K]['args'],
): { readonly result: Jobs[K]['result'] | undefined } {
  const { desk, trace, original, sources, gapsState } = loaded;
  const key = JSON.stringify(args);
  const here = useMemo(() => (desk ? undefined : WORK[name](loaded, args)), [desk ? desk : loaded, name, key]);
  const [told, setTold] = useState<{ readonly result: Jobs[K]['result']; readonly original: unknown }>();
  useEffect(() => {
    if (!desk) return undefined;
    let wanted = true;
    desk.ask(name, args, (result, problem) => {
      if (!wanted) return;
      if (problem) app.set({ error: problem });
      else setTold({ result: result as Jobs[K]['result'], original });
    });
    return () => {
      wanted = false;
    };
  }, [desk, name, key, trace, sources, gapsState]);
  // An answer about the trace that was open before would be a false one.
  return { result: desk ? (told?.original === original ? told.result : undefined) : here };
}
