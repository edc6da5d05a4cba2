import { app } from './app-state.js';
import { messageOf } from './message-of.js';

/** Runs an action with a line that says what the page is busy with; an error is shown, never lost. */
export async function busyWith(what: string, act: () => Promise<void>): Promise<void> {
  app.set({ busy: what, error: undefined });
  try {
    await act();
  } catch (error) {
    fail(error);
  } finally {
    app.set({ busy: '' });
  }
}

export function fail(error: unknown): void {
  app.set({ error: messageOf(error) });
}
