import {
  ExitCode,
  HarvestError,
  type LoadedTrace,
  type LoadOptions,
  loadTrace,
  sanitize,
} from '../lib/public/command-line.js';

/**
 * Reads a trace that holds something: an answer about no event at all would look like a good one.
 * @throws HarvestError HH1120 (status 4) for one without events, and what loadTrace throws
 */
export async function loadFilledTrace(path: string, options: LoadOptions): Promise<LoadedTrace> {
  const loaded = await loadTrace(path, options);
  // A log that only says how full the heap was has no events.
  if (loaded.builder.eventCount > 0 || loaded.builder.levels.length > 0) return loaded;
  const subject = path === '-' ? 'stdin' : sanitize(path);
  throw new HarvestError('HH1120', ExitCode.partial, `${subject}: read as ${loaded.title}: found no heap event`, {
    remedy: 'is the file whole, and is that its format? --format of `harvest import` names another',
  });
}
