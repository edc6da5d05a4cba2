import { SymbolError } from '../errors/errors.js';

/** What a firmware's debug information answers; undefined where it does not know. */
export function unlessUnknown<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}
