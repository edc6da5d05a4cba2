import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatById } from '../../lib/formats/registry.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { g0, g1, g2, itmPackets, tpiuFrames } from '../support/drone-bytes.js';
import { traceSamples } from '../support/trace-samples.js';
import type { BenchRow } from './bench-row.js';
import { TEXT_INPUTS } from './text-inputs.js';

/** What a repeated part of an input needs before and behind it. */
interface Input {
  readonly name: string;
  readonly format: string;
  /** MB/s to reach: binary formats 50, text 20. */
  readonly goal: number;
  /** Made when its turn comes: all of them at once would be in the way of the collector. */
  bytes(): Uint8Array;
}

const CHILD = fileURLToPath(import.meta.url);
const CHUNK = 65_536;
const RUNS = 3;
const PATTERN = 'alloc: got {address} size {size} by {caller}';

/**
 * Times each reader on `megabytes` of input in 64 KiB chunks, best of three; `ratio` is the speed over the goal. It is CPU
 * time, garbage collection included: what else runs on the machine would be measured otherwise.
 */
export async function formatsBench(megabytes = 16, only = ''): Promise<BenchRow[]> {
  const chosen = inputs(megabytes * 1e6).filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  return chosen.map(({ name, goal }) => {
    // In a process of its own, as an import is: what readers before it left behind would be measured otherwise.
    const value = Number(execFileSync(process.execPath, [CHILD, String(megabytes), name], { encoding: 'utf8' }));
    return {
      name: `read ${name}`,
      value,
      unit: 'MB/s of CPU time',
      against: `goal of ${goal} MB/s`,
      ratio: value / goal,
    };
  });
}

/** Of the input with exactly this name. */
function megabytesPerSecond(name: string, megabytes: number): number {
  const input = inputs(megabytes * 1e6).find((one) => one.name === name);
  if (!input) throw new Error(`formats bench: found no input '${name}'`);
  const bytes = input.bytes();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) best = Math.min(best, decodeSeconds(input.format, bytes));
  return bytes.length / 1e6 / best;
}

function decodeSeconds(id: string, bytes: Uint8Array): number {
  const started = process.cpuUsage();
  const builder = new TraceBuilder();
  const decoder = formatById(id).open(builder, id === 'pattern' ? { patterns: [PATTERN] } : {});
  for (let at = 0; at < bytes.length; at += CHUNK) decoder.push(bytes.subarray(at, at + CHUNK));
  decoder.end();
  if (builder.eventCount + builder.levels.length === 0) throw new Error(`${id}: the input gave no events`);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

function inputs(size: number): Input[] {
  const steps = 'a12 a120 f12 a33 g33-64 f120 f64 a7 f7 a99 f99';
  const binary = (name: string, format: string, bytes: () => Uint8Array) => ({ name, format, goal: 50, bytes });
  const text = (name: string, format: string, value: () => string) => ({
    name,
    format,
    goal: 20,
    bytes: () => new TextEncoder().encode(value()),
  });
  const g1Bytes = () => repeat(g1(steps), size);
  return [
    binary('Drone G0', 'drone', () => repeat(g0(steps), size)),
    binary('Drone G1', 'drone', g1Bytes),
    binary('Drone G2', 'drone', () => repeat(g2(steps), size)),
    binary('ITM with Drone G1', 'swo', () => repeat(itmPackets(g1(steps)), size)),
    binary('TPIU with ITM and Drone G1', 'swo', () => tpiuFrames(itmPackets(g1Bytes().subarray(0, size / 2)))),
    binary('SystemView', 'svdat', () => systemView(size)),
    text('ESP-IDF heap trace', 'esp-idf', () => espIdf(size)),
    text('mbed mem_trace', 'mbed', () =>
      lines(size, (i) => `#m:0x${address(i)};0x182f-50\n#f:0x0;0x1862-0x${address(i)}\n`),
    ),
    text(
      'CSV',
      'csv',
      () => `event,address,size,caller\n${lines(size, (i) => `alloc,0x${address(i)},${i % 500},0x8001234\n`)}`,
    ),
    text('newline JSON', 'ndjson', () =>
      lines(size, (i) => `{"kind":"alloc","address":${0x20000000 + (i % 9999) * 16},"size":${i % 500}}\n`),
    ),
    ...TEXT_INPUTS.map(({ name, format, head, line }) => text(name, format, () => head + lines(size, line))),
  ];
}

function address(i: number): string {
  return (0x20000000 + (i % 9999) * 512).toString(16);
}

function repeat(part: Uint8Array, size: number): Uint8Array {
  const count = Math.ceil(size / part.length);
  const bytes = new Uint8Array(count * part.length);
  for (let i = 0; i < count; i++) bytes.set(part, i * part.length);
  return bytes;
}

function lines(size: number, line: (i: number) => string): string {
  const parts: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const next = line(i);
    parts.push(next);
    length += next.length;
  }
  return parts.join('');
}

function systemView(size: number): Uint8Array {
  const sample = traceSamples().find(({ format }) => format === 'svdat')?.bytes ?? new Uint8Array(0);
  // The sample ends with one alloc (17 bytes) and one free (15 bytes).
  const head = sample.subarray(0, sample.length - 32);
  const events = repeat(sample.subarray(sample.length - 32), size);
  const bytes = new Uint8Array(head.length + events.length);
  bytes.set(head);
  bytes.set(events, head.length);
  return bytes;
}

function espIdf(size: number): string {
  const record = (i: number) =>
    `    16 bytes (@ 0x${address(i)}, Internal) allocated CPU 0 ccount 0x00001000 caller 0x40376321:0x420080${(i % 90) + 10}\nfreed by 0x403839e4:0x42008096\n`;
  return `====== Heap Trace: 9999 records (9999 capacity) ======\n${lines(size, record)}================================\n`;
}

if (process.argv[1]?.endsWith('formats-bench.js')) {
  process.stdout.write(`${megabytesPerSecond(process.argv[3] ?? '', Number(process.argv[2] ?? 16))}\n`);
}
