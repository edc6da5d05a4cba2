import { useEffect, useReducer, useRef } from 'preact/hooks';

/** A value that components watch. `set` merges; listeners run once per change. */
export interface Store<T extends object> {
  get(): T;
  set(change: Partial<T>): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(change) {
      value = { ...value, ...change };
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What `select` takes of the store; the component renders anew when that changes (by identity). */
export function useSelected<T extends object, S>(store: Store<T>, select: (state: T) => S): S {
  const [, render] = useReducer((count: number, _: undefined) => count + 1, 0);
  const selected = select(store.get());
  const latest = useRef(selected);
  latest.current = selected;
  const chosen = useRef(select);
  chosen.current = select;
  useEffect(() => {
    const check = () => {
      if (!Object.is(chosen.current(store.get()), latest.current)) render(undefined);
    };
    check();
    return store.subscribe(check);
  }, [store]);
  return selected;
}
