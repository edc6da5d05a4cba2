import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fixture, projectRoot } from '../support/fixture.js';
import { CLI } from '../support/run-cli.js';
import type { BenchRow } from './bench-row.js';

const EVENTS = 20_000;
const FRAMES = 20;

/**
 * A gdb log of 60 MB: 20,000 events of 20 frames. The backtraces are those of a real capture, one after the other, brought to 20
 * frames by going round again (an interpreter's recursion); the arguments differ from event to event, as they do. The blocks are
 * those of a heap of 4,096: allocated where there is room, freed, now and then made larger or smaller.
 */
function* syntheticLog(): Generator<string> {
  const real = fixture('micropython-microbit/mylog.txt.gz')
    .toString()
    .split(/^Breakpoint 1, /m)
    .slice(1);
  const stacks = real.map((event) => event.split('\n').flatMap((line) => /^#[1-9]\d* +(.*)$/.exec(line)?.[1] ?? []));
  yield 'Breakpoint 1 at 0x23a: file ../../py/gc.c, line 139.\n\n';
  let event = 0;
  for (const { block, length } of blockEvents(EVENTS)) {
    const frames = stacks[event % stacks.length] ?? [];
    let text = `Breakpoint 1, gc_log_change (start_block=${block}, length=${length}) at ../../py/gc.c:139\n139\t  (the log point)\n`;
    text += `#0  gc_log_change (start_block=${block}, length=${length}) at ../../py/gc.c:139\n`;
    for (let level = 1; level <= FRAMES; level++) {
      const frame = frames[(level - 1) % frames.length] ?? '';
      text += `#${level}  ${frame.replace('(', `(call=${event % 97}, `)}\n`;
    }
    yield `${text}$${event * 2 + 1} = 0x${block.toString(16)}\n$${event * 2 + 2} = 0x${length.toString(16)}\n\n`;
    event++;
  }
  yield 'Breakpoint 2, pyexec_friendly_repl () at ../../shared/runtime/pyexec.c:621\n';
}

/** What a program does to a heap of blocks that never overlap; length 0 frees. The same every time. */
function* blockEvents(count: number): Generator<{ readonly block: number; readonly length: number }> {
  const HEAP_BLOCKS = 4096;
  const SLOT_BLOCKS = 8;
  const live: number[] = [];
  const free = Array.from({ length: HEAP_BLOCKS / SLOT_BLOCKS }, (_, slot) => slot * SLOT_BLOCKS);
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let i = 0; i < count; i++) {
    const what = random(10);
    const length = 1 + random(SLOT_BLOCKS);
    if (what === 0 && live.length > 0) yield { block: live[random(live.length)] ?? 0, length };
    else if (free.length > 0 && (live.length === 0 || what < 6)) {
      const block = free.splice(random(free.length), 1)[0] ?? 0;
      live.push(block);
      yield { block, length };
    } else {
      const block = live.splice(random(live.length), 1)[0] ?? 0;
      free.push(block);
      yield { block, length: 0 };
    }
  }
}

/** Whole-process seconds and peak memory of a command, by /usr/bin/env's own clock and the kernel's accounting. */
function timed(program: string, args: readonly string[]): { readonly seconds: number; readonly peakMiB: number } {
  const script =
    'import resource,subprocess,sys,time;t=time.time();subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);print(time.time()-t,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024)';
  const output = execFileSync('python3', ['-c', script, program, ...args], { encoding: 'utf8' });
  const [seconds = 0, peakMiB = 0] = output.trim().split(' ').map(Number);
  return { seconds, peakMiB };
}

/** `harvest import` of a large gdb log beside a plain Python script that does the same work; three runs each, in turn. */
export async function importBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-bench-'));
  try {
    const log = join(folder, 'mylog.txt');
    await pipeline(Readable.from(syntheticLog()), createWriteStream(log));
    const megabytes = statSync(log).size / 1e6;
    const runs = [1, 2, 3].map(() => ({
      python: timed('python3', [join(projectRoot, 'test/bench/import-log.py'), log, join(folder, 'python.json')]),
      ours: timed(process.execPath, [CLI, 'import', log, '--out', join(folder, 'ours'), '--quiet']),
    }));
    const median = (pick: (run: (typeof runs)[number]) => number) => runs.map(pick).sort((a, b) => a - b)[1] ?? 0;
    const against = 'plain Python script';
    return [
      {
        name: `import of a ${megabytes.toFixed(0)} MB gdb log, ${against}`,
        value: median((r) => r.python.seconds),
        unit: 's',
      },
      {
        name: `import of a ${megabytes.toFixed(0)} MB gdb log, harvest`,
        value: median((r) => r.ours.seconds),
        unit: 's',
        against,
        ratio: median((r) => r.python.seconds / r.ours.seconds),
      },
      { name: 'peak memory of the import', value: median((r) => r.ours.peakMiB), unit: 'MiB' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
