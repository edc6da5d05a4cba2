import { readJournal } from '../../lib/trace/journal-reader.js';
import { JournalWriter } from '../../lib/trace/journal-writer.js';
import { eventAt } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { eventLines } from '../support/capture.js';
import { FAULTS, faultySession, judge } from '../support/faulty-link.js';
import { Random } from '../support/mutate.js';
import { type AttackOptions, type AttackRow, stopwatch } from './attack-row.js';

const JOURNAL_BYTES = 64 * 1024;
const PACKET_EVENTS = 120;

/** A journal of 64 KiB: cut, a byte dropped, a bit flipped at every so many bytes. Never a wrong event, never a silent loss. */
export function attackJournal(options: AttackOptions): AttackRow {
  const { seed, scale } = options;
  const inTime = stopwatch(options);
  const { bytes, lines } = sampleJournal();
  const step = Math.max(1, Math.floor(1000 / scale));
  const faults: string[] = [];
  let tries = 0;
  let most = 0;
  for (let at = 12 + (seed % step); at < bytes.length && inTime(); at += step) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
    const dropped = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    for (const [how, input] of [
      ['cut', bytes.subarray(0, at)],
      ['dropped', dropped],
      ['flipped', flipped],
    ] as const) {
      tries++;
      const trace = readJournal(input).build();
      let from = 0;
      for (let seq = 0; seq < trace.eventCount; seq++) {
        const place = lines.indexOf(JSON.stringify({ ...eventAt(trace, seq), backtrace: undefined }), from);
        if (place < 0) faults.push(`${how} at ${at}: event ${seq} is none of the journal's`);
        from = place + 1;
      }
      if (trace.info.complete || trace.gaps.length === 0) faults.push(`${how} at ${at}: nothing says so`);
      if (how !== 'cut') most = Math.max(most, lines.length - trace.eventCount);
    }
  }
  const figures = `at most ${most} of ${lines.length} events lost by one damaged byte`;
  return { attack: 'journal of 64 KiB: cut, byte dropped, bit flipped', tries, faults, figures };
}

function sampleJournal(): { readonly bytes: Uint8Array; readonly lines: string[] } {
  const builder = new TraceBuilder({ source: 'attack' });
  const chunks: Uint8Array[] = [];
  let total = 0;
  const writer = new JournalWriter(builder, (bytes) => {
    total += bytes.length;
    chunks.push(bytes.slice());
  });
  for (let i = 0; total < JOURNAL_BYTES; i++) {
    const backtrace = [{ address: 0x100 + (i % 97), functionName: `f${i % 97}`, file: 'a.c', line: i % 97 }];
    writer.add({ kind: 'alloc', address: 0x2000_0000 + i * 16, sizeBytes: 16 + (i % 7), backtrace }, 0);
    if (i % 8 === 7) writer.flush(0);
  }
  writer.end(0);
  const trace = builder.build();
  const lines = Array.from({ length: trace.eventCount }, (_, seq) =>
    JSON.stringify({ ...eventAt(trace, seq), backtrace: undefined }),
  );
  return { bytes: new Uint8Array(Buffer.concat(chunks)), lines };
}

/** Faults of a proxy at the packets of a session: all of them from scale 100 on. */
export async function attackPackets(options: AttackOptions): Promise<AttackRow> {
  const { seed, scale } = options;
  const inTime = stopwatch(options);
  const random = new Random(seed);
  const clean = await faultySession({ events: PACKET_EVENTS });
  const cleanLines = eventLines(clean.captured.trace);
  const waiting = (['toServer', 'toClient'] as const).flatMap((direction) =>
    FAULTS.flatMap(([name, fault]) =>
      Array.from({ length: clean.packets[direction] }, (_, index) => ({ direction, index, fault, name })),
    ),
  );
  const chosen = waiting.filter(() => random.next(10_000) < 100 * scale);
  const faults: string[] = [];
  const verdicts = new Map<string, number>();
  let slowest = 0;
  let tries = 0;
  const work = async () => {
    for (let faulty = chosen.pop(); faulty && inTime(); faulty = chosen.pop()) {
      tries++;
      const since = performance.now();
      const verdict = judge((await faultySession({ events: PACKET_EVENTS, faulty })).captured, cleanLines);
      slowest = Math.max(slowest, performance.now() - since);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (verdict !== 'whole' && verdict !== 'lost, and told')
        faults.push(`packet ${faulty.index} ${faulty.direction}, ${faulty.name}: ${verdict}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  const late = slowest > 30_000 ? [`one session took ${Math.round(slowest / 1000)} s`] : [];
  const counts = [...verdicts].map(([verdict, count]) => `${verdict}: ${count}`).join(', ');
  const figures = `${counts}; slowest session ${(slowest / 1000).toFixed(1)} s`;
  return {
    attack: `faulty proxy, session of ${clean.packets.toServer + clean.packets.toClient} packets`,
    tries,
    faults,
    late,
    figures,
  };
}
