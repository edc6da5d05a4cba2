import { formatById } from '../../lib/formats/registry.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { type AttackOptions, type AttackRow, stopwatch } from './attack-row.js';

const DUMP_BYTES = 64 * 1024;
/** What a port hands over at once. */
const PIECE = 4096;
/** Of which a damaged byte may take the events: its own record, and the neighbour that it runs into when the line's end is hit. */
const RECORDS_HIT = 2;
const EVENTS_A_RECORD = 2;

interface Dump {
  readonly format: string;
  readonly title: string;
  readonly bytes: Uint8Array;
}

/**
 * A dump over a serial line: cut, a byte dropped, a bit flipped. All other records are read as they were; a record that is lost is told.
 * A changed digit makes another number, which no reader of text without a checksum can know: these are counted.
 */
export function attackSerial(options: AttackOptions): AttackRow[] {
  const dumps = [espIdfDump(), mbedDump()].filter(({ title }) => title.includes(options.match ?? ''));
  return dumps.map((dump) => attackDump(dump, options));
}

function attackDump({ format, title, bytes }: Dump, options: AttackOptions): AttackRow {
  const step = Math.max(1, Math.floor(1600 / options.scale));
  const inTime = stopwatch(options);
  const clean = read(format, bytes);
  const faults: string[] = [];
  let tries = 0;
  let otherNumbers = 0;
  let worst = 0;
  for (let at = 1 + (options.seed % step); at < bytes.length && inTime(); at += step) {
    for (const [how, input] of damaged(bytes, at)) {
      tries++;
      const found = read(format, input);
      const { missing, foreign } = difference(clean.events, found.events);
      const limit = RECORDS_HIT * EVENTS_A_RECORD;
      if (foreign > limit) faults.push(`${how} at ${at}: ${foreign} events are none of the dump's`);
      if (how === 'cut') {
        if (!found.told && missing > 0 && endsInRecord(bytes, at)) faults.push(`cut at ${at}: nothing says so`);
        continue;
      }
      worst = Math.max(worst, missing);
      if (missing > limit) faults.push(`${how} at ${at}: ${missing} events are lost`);
      else if (missing > foreign && !found.told) faults.push(`${how} at ${at}: an event is lost, and nothing says so`);
      else if (missing > 0 && !found.told) otherNumbers++;
    }
  }
  const figures = `at most ${worst} events of ${clean.count} lost by one damaged byte, and told; ${otherNumbers} times a digit became another, which a text without a checksum cannot show`;
  return { attack: `${title} of 64 KiB over a serial line: cut, byte dropped, bit flipped`, tries, faults, figures };
}

function* damaged(bytes: Uint8Array, at: number): Generator<readonly [string, Uint8Array]> {
  yield ['cut', bytes.subarray(0, at)];
  const dropped = new Uint8Array(bytes.length - 1);
  dropped.set(bytes.subarray(0, at));
  dropped.set(bytes.subarray(at + 1), at);
  yield ['dropped', dropped];
  const flipped = bytes.slice();
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
  yield ['flipped', flipped];
}

/** Whether a cut falls into a line: at a line's end nothing shows it. */
function endsInRecord(bytes: Uint8Array, at: number): boolean {
  return bytes[at - 1] !== 0x0a && bytes[at] !== 0x0a;
}

interface Found {
  /** How often there is each event, by a number that is made of its kind, address and size. */
  readonly events: ReadonlyMap<number, number>;
  readonly count: number;
  /** Whether a gap, a note or an error says that something is missing. */
  readonly told: boolean;
}

function read(format: string, bytes: Uint8Array): Found {
  const builder = new TraceBuilder();
  const decoder = formatById(format).open(builder, {});
  let failed = false;
  try {
    for (let at = 0; at < bytes.length; at += PIECE) decoder.push(bytes.subarray(at, at + PIECE));
    decoder.end();
  } catch {
    failed = true;
  }
  const events = new Map<number, number>();
  const { kind, address, sizeBytes } = builder.build().events;
  for (let seq = 0; seq < kind.length; seq++) {
    const key = ((address[seq] ?? 0) * 8 + (kind[seq] ?? 0)) * 1024 + ((sizeBytes[seq] ?? 0) % 1024);
    events.set(key, (events.get(key) ?? 0) + 1);
  }
  const told = failed || builder.gaps.length > 0 || builder.notes.length > 0 || !builder.info.complete;
  return { events, count: kind.length, told };
}

function difference(clean: Found['events'], found: Found['events']) {
  let missing = 0;
  let foreign = 0;
  for (const [key, count] of clean) missing += Math.max(0, count - (found.get(key) ?? 0));
  for (const [key, count] of found) foreign += Math.max(0, count - (clean.get(key) ?? 0));
  return { missing, foreign };
}

const address = (i: number) => (0x3fc9_0000 + i * 64).toString(16);

function espIdfDump(): Dump {
  const lines: string[] = [];
  let bytes = 0;
  let [count, alive, aliveBytes] = [0, 0, 0];
  for (; bytes < DUMP_BYTES - 400; count++) {
    const size = 16 + (count % 7) * 4;
    const time = (0x1000 + count * 16).toString(16).padStart(8, '0');
    const freed = count % 3 > 0;
    lines.push(
      `    ${size} bytes (@ 0x${address(count)}, Internal) allocated CPU 0 ccount 0x${time} caller 0x40376321:0x420080${(count % 90) + 10}`,
    );
    if (freed) lines.push('freed by 0x403839e4:0x42008096');
    bytes += (lines.at(-1)?.length ?? 0) + (freed ? (lines.at(-2)?.length ?? 0) + 2 : 1);
    alive += freed ? 0 : 1;
    aliveBytes += freed ? 0 : size;
  }
  const text = [
    `====== Heap Trace: ${count} records (${count} capacity) ======`,
    ...lines,
    '====== Heap Trace Summary ======',
    'Mode: Heap Trace All',
    `${aliveBytes} bytes alive in trace (${alive}/${count} allocations)`,
    `records: ${count} (${count} capacity, ${count} high water mark)`,
    `total allocations: ${count}`,
    `total frees: ${count - alive}`,
    '================================\n',
  ].join('\n');
  return { format: 'esp-idf', title: 'ESP-IDF heap trace', bytes: new TextEncoder().encode(text) };
}

function mbedDump(): Dump {
  let text = '';
  for (let i = 0; text.length < DUMP_BYTES; i++) {
    text += `#m:0x${address(i)};0x182f-${16 + (i % 50)}\n`;
    if (i % 3 > 0) text += `#f:0x0;0x1862-0x${address(i)}\n`;
  }
  return { format: 'mbed', title: 'mbed OS mem_trace', bytes: new TextEncoder().encode(text) };
}
