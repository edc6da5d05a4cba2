import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { EventKind } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { Random } from '../support/mutate.js';
import { CLI } from '../support/run-cli.js';
import { ALLOCTRACE } from '../support/trace-samples.js';
import { type AttackOptions, type AttackRow, stopwatch } from './attack-row.js';

const MIB = 2 ** 20;
/** What a command may take besides what it takes of a tiny trace: a constant, and so many times its input. */
const CONSTANT_BYTES = 64 * MIB;
const TIMES = 8;
/** What is read of an endless input. */
const ENDLESS_BYTES = 64 * MIB;
/** What is read of a board's answer. */
const BOARD_BYTES = 256 * MIB;
/** Of such a journal, about. */
const BYTES_AN_EVENT = 11;
const HANGS_MS = 240_000;

interface Case {
  readonly title: string;
  /** The command line for an input of so many bytes, which it makes at a path. */
  args(path: string, bytes: number): readonly string[];
  /** Of what is read, where the file does not tell. */
  readonly inputBytes?: number;
}

/** A file of one piece, again and again, behind a head. */
function repeated(path: string, bytes: number, piece: Uint8Array, head = ''): void {
  const file = openSync(path, 'w');
  writeSync(file, head);
  for (let at = 0; at < bytes; at += piece.length) writeSync(file, piece);
  closeSync(file);
}

const fill = (byte: number) => new Uint8Array(MIB).fill(byte);
const lines = (text: string) => new TextEncoder().encode(text.repeat(Math.ceil(MIB / text.length)));

/** A capture of blocks that come and go, with times and stacks as a firmware has them, of so many bytes as a journal. */
function journal(bytes: number): Uint8Array {
  const builder = new TraceBuilder({ source: 'attack' });
  const random = new Random(5);
  const stacks = Array.from({ length: 2000 }, (_, i) =>
    builder.internStack(
      [0, 1, 2].map((depth) => ({ address: i + depth, functionName: `f${i % 97}`, file: 'a.c', line: i })),
    ),
  );
  const live: number[] = [];
  let atUs = 0;
  for (let i = 0; i < bytes / BYTES_AN_EVENT; i++) {
    const isFree = live.length > 0 && random.next(2) === 0;
    const address = isFree ? (live.pop() ?? 0) : 0x2000_0000 + random.next(1 << 20) * 16;
    if (!isFree) live.push(address);
    builder.addEvent(
      isFree ? EventKind.free : EventKind.alloc,
      address,
      isFree ? 0 : 1 + random.next(5000),
      stacks[random.next(2000)] ?? -1,
    );
    atUs += 100 + random.next(1000);
    builder.setLast('atUs', atUs);
  }
  return Buffer.concat(journalBytes(builder.build()));
}

function damaged(bytes: Uint8Array): Uint8Array {
  for (let at = 100; at < bytes.length; at += 65_536) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  return bytes;
}

const file = (title: string, piece: () => Uint8Array, command: readonly string[] = ['stats']): Case => ({
  title,
  args: (path, bytes) => {
    repeated(path, bytes, piece());
    return [...command, path];
  },
});

const CASES: readonly Case[] = [
  ...['stats', 'tree', 'leaks', 'frag'].map((command) => ({
    title: `${command} of a journal`,
    args: (path: string, bytes: number) => {
      writeFileSync(path, journal(bytes));
      return [command, path];
    },
  })),
  {
    title: 'a damaged journal',
    args: (path, bytes) => {
      writeFileSync(path, damaged(journal(bytes)));
      return ['stats', path];
    },
  },
  file('nested JSON', () => fill(0x5b)),
  file('zeros as a Drone trace', () => fill(0), ['import', '--format', 'drone', '--json']),
  file('a line without an end', () => fill(0x78)),
  {
    title: 'allocation_history.json without an end',
    args: (path, bytes) => {
      repeated(path, bytes, lines('{"type":"alloc","address":4096,"size":8},'), '[');
      return ['stats', path];
    },
  },
  file('CSV', () => lines('malloc,0x20001000,16\nfree,0x20001000,\n')),
  file('zeros as an ELF file', () => fill(0), ['symbolize']),
  file('zeros as an .mpy file', () => fill(0), ['mpy']),
  { title: '/dev/zero as a trace', args: () => ['stats', '/dev/zero'], inputBytes: ENDLESS_BYTES },
  { title: '/dev/zero as an ELF file', args: () => ['symbolize', '/dev/zero', '0x100'], inputBytes: ENDLESS_BYTES },
];

/** Inputs that are large and mean nothing, or mean harm: what a command takes of memory at its peak. */
export async function attackMemory(options: AttackOptions): Promise<AttackRow> {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-attack-'));
  const inTime = stopwatch(options);
  const faults: string[] = [];
  let tries = 0;
  let worst = { title: '', times: 0, mib: 0 };
  try {
    const tiny = join(folder, 'tiny.csv');
    writeFileSync(tiny, 'kind,address,size\nalloc,0x1000,16\n');
    const { peakBytes: baseBytes } = await peakOf(folder, ['stats', tiny]);
    const look = (title: string, inputBytes: number, run: Run) => {
      tries++;
      const tookBytes = run.peakBytes - baseBytes;
      if (run.fault !== undefined) faults.push(`${title}: ${run.fault}`);
      if (tookBytes > CONSTANT_BYTES + TIMES * inputBytes)
        faults.push(`${title}: ${Math.round(tookBytes / MIB)} MiB for ${Math.round(inputBytes / MIB)} MiB of input`);
      const times = Math.max(0, tookBytes - CONSTANT_BYTES) / inputBytes;
      if (times >= worst.times) worst = { title, times, mib: Math.round(tookBytes / MIB) };
    };
    const bytes = options.scale * MIB;
    const isWanted = (title: string) => inTime() && (options.match === undefined || title.includes(options.match));
    for (const { title, args, inputBytes } of CASES) {
      if (!isWanted(title)) continue;
      const path = join(folder, 'input');
      const argv = args(path, bytes);
      look(title, inputBytes ?? statSync(path).size, await peakOf(folder, argv));
      rmSync(path, { force: true });
    }
    const board = 'a board that answers without an end';
    if (isWanted(board)) look(board, BOARD_BYTES, await endlessBoard(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = `of ${options.scale} MiB; the most: ${worst.mib} MiB, ${worst.times.toFixed(1)} times the input besides ${CONSTANT_BYTES / MIB} MiB (${worst.title})`;
  return { attack: 'large and hostile inputs: memory', tries, faults, figures };
}

interface Run {
  readonly peakBytes: number;
  readonly fault?: string;
}

/** A tracer's ring over HTTP that never ends its events. */
async function endlessBoard(folder: string): Promise<Run> {
  // Events that are accepted, or the answer would be refused at its first one.
  const head = `${ALLOCTRACE.slice(0, ALLOCTRACE.indexOf('"events"'))}"events":[`;
  const answer = (response: ServerResponse) => {
    response.write(head);
    let seq = 0;
    const more = () => {
      while (!response.destroyed) {
        const events = Array.from({ length: 1000 }, () => boardEvent(seq++));
        if (!response.write(events.join(''))) return void response.once('drain', more);
      }
    };
    more();
  };
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return await peakOf(folder, ['capture', 'ring', `http://127.0.0.1:${port}`, '--timeout', '20']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function boardEvent(seq: number): string {
  return `{"seq":${seq},"kind":"alloc","address":536870912,"sizeBytes":16,"atUs":${seq * 5},"pc":257,"backtrace":[257,513]},`;
}

/** Says at its end what the process took at its peak. */
const PROBE = `data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(2,'\\npeak '+process.resourceUsage().maxRSS+'\\n'))`;

function peakOf(folder: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', PROBE, CLI, ...args], {
      // Outputs fall there.
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      said = (said + text).slice(-4096);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      const peakBytes = Number(/\npeak (\d+)/.exec(said)?.[1] ?? 0) * 1024;
      const ended = status !== null && status <= 5 && !/fault of harvest/.test(said);
      resolve({ peakBytes, ...(ended ? {} : { fault: `ended with ${signal ?? status}: ${said.slice(-300)}` }) });
    });
  });
}
