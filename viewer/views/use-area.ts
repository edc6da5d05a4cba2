import { useMemo } from 'preact/hooks';
import { inArea } from '../model/area.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { useApp } from '../state/app-state.js';

/** The trace with the curves of the region that was chosen. */
export function useArea(loaded: LoadedTrace): LoadedTrace {
  const area = useApp((state) => state.area);
  return useMemo(() => inArea(loaded, area), [loaded, area]);
}
