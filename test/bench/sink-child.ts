import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalFile } from '../../lib/trace/journal-file.js';
import { collectGarbage } from '../support/collect-garbage.js';

/** What a capture keeps of its events is written and forgotten here, as fast as the disk takes it. Told what to do by a message, answers with one. */
export interface SinkTask {
  readonly events: number;
  readonly first: number;
}
export interface SinkAnswer {
  readonly firstMiB: number;
  readonly lastMiB: number;
}

/** Blocks that live at once, and backtraces that differ. */
const [LIVE, STACKS, DEPTH] = [512, 4096, 12];
/** Turns of the event loop, in which the journal's own timer writes. */
const BATCH = 1000;

const backtraces = Array.from({ length: STACKS }, (_, stack) =>
  Array.from({ length: DEPTH }, (_, depth) => ({
    address: 0x8000 + ((stack >> depth) % 61) * 2 + depth * 128,
    functionName: `function_${(stack >> depth) % 61}`,
    file: `src/m${depth}.c`,
    line: depth + 1,
  })),
);

function residentMiB(): number {
  collectGarbage();
  return process.memoryUsage.rss() / 2 ** 20;
}

process.once('message', async (message) => {
  const { events, first } = message as SinkTask;
  const folder = mkdtempSync(join(tmpdir(), 'harvest-sink-'));
  try {
    const journal = new JournalFile(join(folder, 'capture.harvest'));
    let [firstMiB, lastMiB] = [0, 0];
    for (let seq = 0; seq < events; seq++) {
      const address = 0x20000000 + ((seq >> 1) % LIVE) * 64;
      const common = { address, atUs: seq * 900, backtrace: backtraces[(seq * 7) % STACKS] ?? [] };
      journal.add(seq % 2 === 0 ? { kind: 'alloc', sizeBytes: 48, ...common } : { kind: 'free', ...common });
      if (seq % BATCH === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      // Collected each time: room that V8 makes for garbage is no growth.
      if ((seq + 1) % first === 0) lastMiB = residentMiB();
      if (seq + 1 === first) firstMiB = lastMiB;
    }
    const answer: SinkAnswer = { firstMiB, lastMiB };
    journal.close(true);
    process.send?.(answer, () => process.disconnect());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
