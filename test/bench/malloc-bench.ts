import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { connect } from '../../lib/link/server/connect.js';
import { cFirmware } from '../support/c-firmware.js';
import { captureMalloc } from '../support/malloc-capture.js';
import type { BenchRow } from './bench-row.js';

/** The baseline is slow: as many calls as it needs for a steady figure. */
const BASELINE_CALLS = 300;
const BASELINE_MS = 60_000;

/*
 * What people write: a breakpoint with commands at each entry, a temporary one at the return, everything else as gdb has it.
 * It counts calls inside of calls as well (realloc's own malloc and free), which it cannot tell apart.
 */
const SCRIPT = (port: number) => `set pagination off
set confirm off
set width 0
target remote 127.0.0.1:${port}
set $calls = 0
define at_return
  tbreak *($lr & ~1)
  commands
    silent
    printf "-> 0x%x\\n", $r0
    continue
  end
end
break *_malloc_r
commands
  silent
  printf "malloc %u\\n", $r1
  backtrace
  at_return
  continue
end
break *_realloc_r
commands
  silent
  printf "realloc 0x%x %u\\n", $r1, $r2
  backtrace
  at_return
  continue
end
break *_free_r
commands
  silent
  printf "free 0x%x\\n", $r1
  backtrace
  continue
end
continue
`;

/** Calls a second that the gdb script captures, from its first to its last. */
async function baseline(elf: string): Promise<number> {
  const board = await loadBoard('qemu-mps2-an385');
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  const script = join(folder, 'malloc.gdb');
  await writeFile(script, SCRIPT(target.server.port));
  const gdb = await findGdb();
  const child = spawn(gdb.path, ['-nx', '-batch', '-x', script, elf], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const giveUp = setTimeout(() => child.kill('SIGKILL'), BASELINE_MS);
  let rest = '';
  let calls = 0;
  let first = 0;
  let last = 0;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    calls += lines.filter((line) => /^(malloc|realloc|free) /.test(line)).length;
    last = performance.now();
    if (calls > 0 && first === 0) first = last;
    if (calls >= BASELINE_CALLS) break;
  }
  clearTimeout(giveUp);
  child.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true, force: true });
  return calls / ((last - first) / 1000);
}

async function eventsPerSecond(engine: Engine, elf: string): Promise<number> {
  const { trace, error } = await captureMalloc(engine, { elf, until: ['sqlite_repl'], maxEvents: 1000 });
  if (error !== undefined) throw error;
  const times = trace.events.atUs ?? new Float64Array(0);
  return (trace.eventCount - 1) / (((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1e6);
}

/**
 * Both engines on SQLite with newlib against a gdb script that captures the same, in one run on one machine. A ratio above 1 is
 * how many times faster ours is.
 */
export async function mallocBench(): Promise<BenchRow[]> {
  const elf = cFirmware('sqlite', { LIBC: 'newlib', OPT: 'Og' });
  const script = await baseline(elf);
  const direct = await eventsPerSecond(new DirectEngine(), elf);
  const gdb = await eventsPerSecond(new GdbEngine(await findGdb()), elf);
  const unit = 'events/s';
  const against = 'gdb commands script';
  return [
    { name: 'malloc hooks: gdb commands script', value: script, unit },
    { name: 'malloc hooks: direct engine', value: direct, unit, against, ratio: direct / script },
    { name: 'malloc hooks: gdb engine', value: gdb, unit, against, ratio: gdb / script },
  ];
}
