import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { JournalFile } from '../../lib/trace/journal-file.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { Random } from '../support/mutate.js';
import type { AttackOptions, AttackRow } from './attack-row.js';

const EVENTS_PER_SECOND = 2_000;
/** A capture of some seconds, and as far as it may go before it is killed. */
const LONGEST_MS = 6_000;

/** kill -9 of a process that captures 2,000 events a second: how many of those that it took are in the journal? */
export async function attackJournalWriter({ seed, scale }: AttackOptions): Promise<AttackRow> {
  const random = new Random(seed);
  const faults: string[] = [];
  let taken = 0;
  let kept = 0;
  let most = 0;
  const tries = Math.max(2, scale);
  for (let i = 0; i < tries; i++) {
    const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
    try {
      const path = join(folder, 'capture.harvest');
      const child = spawn(process.execPath, [fileURLToPath(import.meta.url), path], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let said = '';
      child.stdout.setEncoding('latin1').on('data', (text: string) => {
        said = (said + text).slice(-64);
      });
      await sleep(LONGEST_MS / 2 + random.next(LONGEST_MS / 2));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const shown = Number(said.split('\n').at(-2) ?? 0);
      const there = readJournal(readFileSync(path)).eventCount;
      taken += shown;
      kept += Math.min(shown, there);
      most = Math.max(most, shown - there);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const share = taken === 0 ? 0 : (100 * kept) / taken;
  if (share < 99.9) faults.push(`only ${share.toFixed(2)} % of the events are in the journal`);
  const figures = `${share.toFixed(3)} % of ${taken} events are in the journal, at most ${most} of one capture are not`;
  return { attack: 'kill -9 of a journal’s writer at 2,000 events/s', tries, faults, figures };
}

/** The victim: writes events, and after each says how many it took. */
async function write(path: string): Promise<void> {
  const journal = new JournalFile(path);
  const begun = performance.now();
  for (let events = 0; ; ) {
    for (const due = ((performance.now() - begun) * EVENTS_PER_SECOND) / 1000; events < due; ) {
      journal.add({ kind: 'alloc', address: 0x2000_0000 + (events % 4096) * 16, sizeBytes: 16 });
      writeSync(1, `${++events}\n`);
    }
    await sleep(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write(process.argv[2] ?? '');
