import { app } from './app-state.js';
import { messageOf } from './message-of.js';
import { Turns } from './turns.js';

const turns = new Turns();

/** Runs an action with a line that says what the page is busy with; an error is shown, never lost. The line is that of the last of several. Undefined after an error. */
export async function busyWith<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
  const isLast = turns.begin();
  app.set({ busy: what, error: undefined });
  try {
    return await act();
  } catch (error) {
    fail(error);
    return undefined;
  } finally {
    if (isLast()) app.set({ busy: '' });
  }
}

export function fail(error: unknown): void {
  app.set({ error: messageOf(error) });
}
