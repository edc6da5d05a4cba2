import { errorMessage, HarvestError } from '../../lib/public/browser.js';
import { app, type Message } from './app-state.js';
import { ToldError } from './desk.js';

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

export function messageOf(error: unknown): Message {
  if (error instanceof ToldError) return error.told;
  if (error instanceof HarvestError) return { text: error.message, remedy: error.remedy, code: error.code };
  const text = errorMessage(error);
  return { text: `The page could not do that: ${text}` };
}
