import { app } from './app-state.js';
import { messageOf } from './message-of.js';

let last = 0;

/** Runs an action with a line that says what the page is busy with; an error is shown, never lost. The line is that of the last of several. Undefined after an error. */
export async function busyWith<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
  const turn = ++last;
  app.set({ busy: what, error: undefined });
  try {
    return await act();
  } catch (error) {
    fail(error);
    return undefined;
  } finally {
    if (turn === last) app.set({ busy: '' });
  }
}

export function fail(error: unknown): void {
  app.set({ error: messageOf(error) });
}
