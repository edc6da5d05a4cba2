import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TraceInfo } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { traceFromText } from './trace-from-text.js';

/** One capture of a fleet, as the tests write it. */
export interface TestCapture {
  readonly board?: string;
  readonly build?: string;
  /** `2026-01-05`, at noon UTC. */
  readonly day?: string;
  readonly events: string;
  readonly info?: Partial<TraceInfo>;
}

/** Writes captures as journals NAME.harvest in a folder; gives their paths. */
export function writeCaptures(folder: string, captures: Readonly<Record<string, TestCapture>>): string[] {
  return Object.entries(captures).map(([name, { board, build, day, events, info }]) => {
    const trace = traceFromText(events, {
      source: 'test',
      complete: true,
      ...(board === undefined ? {} : { board }),
      ...(build === undefined ? {} : { elf: { path: 'build/fw.elf', buildId: build } }),
      ...(day === undefined ? {} : { startedAtWallMs: Date.parse(`${day}T12:00:00Z`) }),
      ...info,
    });
    const path = join(folder, `${name}.harvest`);
    writeFileSync(path, Buffer.concat(journalBytes(trace)));
    return path;
  });
}
