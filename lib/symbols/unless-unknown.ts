import { SymbolError } from '../errors/errors.js';

/** What debug information tells, undefined where it does not: builds leave out fields, and releases rename them. */
export function unlessUnknown<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}
