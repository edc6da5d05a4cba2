import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The classic recipe (break on the log function, backtrace, continue), with gdb's own settings. */
function script(port: number): string {
  return `target extended-remote 127.0.0.1:${port}
break gc_log_change
commands
backtrace
p/x start_block
p/x length
continue
end
break pyexec_friendly_repl
continue
`;
}

/** Runs the script until so many events are logged; resolves to the time from the first to the last of them. */
export async function classicGdb(options: {
  readonly gdbPath: string;
  readonly elf: string;
  readonly port: number;
  readonly events: number;
  readonly timeoutMs: number;
}): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-classic-'));
  const file = join(folder, 'classic.gdb');
  await writeFile(file, script(options.port));
  const child = spawn(options.gdbPath, ['-nx', '-batch', '-x', file, options.elf], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
  let seen = 0;
  let first = 0;
  let last = 0;
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = tail + text;
    const lines = whole.split('\n');
    tail = lines.pop() ?? '';
    for (const line of lines) {
      // The second value ends an event.
      if (!/^\$\d*[02468] = /.test(line) || seen >= options.events) continue;
      if (seen++ === 0) first = performance.now();
      last = performance.now();
      if (seen === options.events) child.kill('SIGKILL');
    }
  });
  try {
    await closed;
    if (seen < options.events) throw new Error(`classic gdb: ${seen} of ${options.events} events`);
    return last - first;
  } finally {
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  }
}
