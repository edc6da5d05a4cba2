import { useEffect, useState } from 'preact/hooks';

/** A trace of so many events or more keeps what is costly still while the slider moves. */
export const LONG_TRACE = 50_000;

/** A value once it has not changed for a while: what is costly to draw follows the slider only when that rests. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    if (ms === 0) return undefined;
    const timer = window.setTimeout(() => setRested(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return ms === 0 ? value : rested;
}
