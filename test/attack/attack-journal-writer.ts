import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { JournalFile } from '../../lib/trace/journal-file.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import { Random } from '../support/mutate.js';
import { type AttackOptions, type AttackRow, stopwatch } from './attack-row.js';

const EVENTS_PER_SECOND = 2_000;
/** How often the progress line is shown. */
const SHOWN_EVERY_MS = 100;
const LONGEST_MS = 3_000;

/**
 * kill -9 of a process that captures 2,000 events a second: are those that it said to have captured in the journal? And of those that it
 * had taken, but not shown yet?
 */
export async function attackJournalWriter(options: AttackOptions): Promise<AttackRow> {
  const { seed, scale } = options;
  const inTime = stopwatch(options);
  const random = new Random(seed);
  const faults: string[] = [];
  const sums = { shown: 0, taken: 0, kept: 0 };
  let most = 0;
  let tries = 0;
  for (; tries < Math.max(2, scale) && inTime(); tries++) {
    const { shown, taken, there } = await killedWriter(300 + random.next(LONGEST_MS));
    if (there < shown) faults.push(`${shown} events were shown, ${there} are in the journal`);
    sums.shown += shown;
    sums.taken += taken;
    sums.kept += Math.min(taken, there);
    most = Math.max(most, taken - there);
  }
  const share = sums.taken === 0 ? 0 : (100 * sums.kept) / sums.taken;
  const figures = `all of ${sums.shown} shown events are in the journal; ${share.toFixed(2)} % of ${sums.taken} that were taken, at most ${most} of one capture are not`;
  return { attack: 'kill -9 of a journal’s writer at 2,000 events/s', tries, faults, figures };
}

async function killedWriter(afterMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
  try {
    const path = join(folder, 'capture.harvest');
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      said = (said + text).slice(-65_536);
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await sleep(afterMs);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const last = (what: string) => Number([...said.matchAll(new RegExp(`${what} (\\d+)\n`, 'g'))].at(-1)?.[1] ?? 0);
    return { shown: last('shown'), taken: last('taken'), there: readJournal(readFileSync(path)).eventCount };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The victim: writes events, says after each how many it took, and now and then shows how many are captured. */
async function write(path: string): Promise<void> {
  const journal = new JournalFile(path);
  const begun = performance.now();
  let shownAt = begun;
  for (let events = 0; ; ) {
    for (const due = ((performance.now() - begun) * EVENTS_PER_SECOND) / 1000; events < due; ) {
      journal.add({ kind: 'alloc', address: 0x2000_0000 + (events % 4096) * 16, sizeBytes: 16 });
      writeSync(1, `taken ${++events}\n`);
    }
    if (performance.now() - shownAt >= SHOWN_EVERY_MS) {
      shownAt = performance.now();
      writeSync(1, `shown ${journal.saved()}\n`);
    }
    await sleep(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write(process.argv[2] ?? '');
