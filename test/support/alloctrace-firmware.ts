import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// dist/test/support -> the project
const SOURCES = fileURLToPath(new URL('../../../examples/firmware/alloctrace', import.meta.url));

export interface AlloctraceVariant {
  readonly board: 'microbit' | 'mps2-an385' | 'virt-rv32';
  readonly libc?: 'newlib' | 'nano' | 'picolibc';
  readonly hooks?: 'newlib' | 'freertos';
  readonly opt?: 'Os' | 'Og';
  readonly capacity?: number;
}

/** Builds a variant of the tracer's demo where it is not yet, and returns the path of its ELF file. */
export function buildAlloctrace(variant: AlloctraceVariant): string {
  const { board, libc = 'newlib', hooks = 'newlib', opt = 'Os', capacity = 64 } = variant;
  const choice = [`BOARD=${board}`, `LIBC=${libc}`, `HOOKS=${hooks}`, `OPT=${opt}`, `CAPACITY=${capacity}`];
  execFileSync('make', ['-s', '-C', SOURCES, ...choice], { timeout: 120_000 });
  return join(SOURCES, 'build', `${board}-${libc}-${hooks}-${opt}-${capacity}`, 'firmware.elf');
}

/** The code bytes of the tracer and its newlib hooks on Cortex-M0 at -Os, as binutils count them. */
export function alloctraceCodeBytes(): number {
  const text = execFileSync('make', ['-s', '-C', SOURCES, 'size'], { encoding: 'utf8', timeout: 120_000 });
  const rows = [...text.matchAll(/^\s*(\d+)\s+(\d+)\s+\d+\s+\d+\s+\w+\s+\S+\.o$/gm)];
  if (rows.length !== 2) throw new Error(`make size: ${text}`);
  return rows.reduce((sum, row) => sum + Number(row[1]) + Number(row[2]), 0);
}

/** Addresses of symbols, Thumb bit cleared. */
export function symbolsOf(elf: string): (name: string) => number {
  const text = execFileSync('arm-none-eabi-nm', [elf], { encoding: 'utf8', timeout: 30_000 });
  const found = new Map([...text.matchAll(/^([0-9a-f]+) \S (\S+)$/gm)].map((match) => [match[2], match[1]]));
  return (name) => {
    const address = found.get(name);
    if (address === undefined) throw new Error(`${elf}: no symbol ${name}`);
    return Number.parseInt(address, 16) & ~1;
  };
}

export interface HaltedQemu extends AsyncDisposable {
  readonly port: number;
}

/** An emulator halted before its first instruction, with a gdb server on a free port that its monitor tells. */
export async function haltedQemu(machine: string, elf: string): Promise<HaltedQemu> {
  const args = ['-M', machine, '-kernel', elf, '-S', '-display', 'none', '-serial', 'null', '-monitor', 'stdio'];
  const server = [
    '-chardev',
    'socket,id=gdb0,host=127.0.0.1,port=0,server=on,wait=off,nodelay=on',
    '-gdb',
    'chardev:gdb0',
  ];
  const child = spawn('qemu-system-arm', [...args, ...server, '-icount', 'shift=0'], { stdio: 'pipe' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      said += bytes.toString('latin1');
    });
  child.stdin.write('info chardev\n');
  for (let tries = 0; tries < 6000 && child.exitCode === null; tries++) {
    const port = Number(/gdb0: filename=disconnected:tcp:127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    if (port > 0)
      return {
        port,
        async [Symbol.asyncDispose]() {
          child.kill('SIGKILL');
          await exited;
        },
      };
    await delay(20);
  }
  child.kill('SIGKILL');
  throw new Error(`qemu-system-arm -M ${machine}: no gdb server: ${said}`);
}

/** The hooks of the reference capture: breakpoints on the allocator's own entries, outermost calls only. */
const REFERENCE = `
set pagination off
set confirm off
set width 0
set osabi none
set architecture arm
set print frame-arguments none
set trust-readonly-sections on
set backtrace past-main on
define outermost
  set $size0 = $arg0
  set $old = $arg1
  printf "stack\\n"
  bt 12
  set $return = $lr & ~1
  set $sp0 = $sp
  disable 1 2 3 4
  tbreak *$return if $sp == $sp0
  continue
  enable 1 2 3 4
end
target remote 127.0.0.1:PORT
break *(&_malloc_r)
break *(&_free_r)
break *(&_realloc_r)
break *(&_calloc_r)
break *(&alloctrace_done)
set $going = 1
while $going
  continue
  set $hook = (unsigned int)$pc
  if $hook == ((unsigned int)&alloctrace_done & ~1)
    set $going = 0
  end
  if $hook == ((unsigned int)&_malloc_r & ~1)
    outermost $r1 0
    printf "event malloc %u %u %u\\n", (unsigned int)$r0, $size0, $old
  end
  if $hook == ((unsigned int)&_calloc_r & ~1)
    outermost $r1*$r2 0
    printf "event malloc %u %u %u\\n", (unsigned int)$r0, $size0, $old
  end
  if $hook == ((unsigned int)&_realloc_r & ~1)
    outermost $r2 $r1
    printf "event realloc %u %u %u\\n", (unsigned int)$r0, $size0, $old
  end
  if $hook == ((unsigned int)&_free_r & ~1)
    outermost 0 $r1
    printf "event free 0 0 %u\\n", $old
  end
end
kill
`;

export interface ReferenceEvent {
  /** `alloc 0x20001000 16`, `free ...`, `realloc OLD NEW SIZE`, `failed SIZE`. */
  readonly text: string;
  /** Return addresses from the caller of the wrapped allocator on, as gdb unwinds them. */
  readonly pcs: readonly number[];
}

/**
 * The same run captured by stopping at the allocator's entries, through gdb itself. For `tailCallers`, functions that end
 * in a jump, gdb shows frames that it made up from the debug information; no return address of theirs is on the target.
 */
export function captureWithGdb(elf: string, port: number, tailCallers: readonly string[]): ReferenceEvent[] {
  const script = REFERENCE.replace('PORT', String(port))
    .split('\n')
    .filter((line) => line !== '');
  const folder = mkdtempSync(join(tmpdir(), 'alloctrace-'));
  const file = join(folder, 'reference.gdb');
  writeFileSync(file, `${script.join('\n')}\n`);
  const args = ['-nx', '-q', '-batch', '-x', file, elf];
  const text = execFileSync('gdb-multiarch', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
    maxBuffer: 2 ** 28,
  });
  rmSync(folder, { recursive: true });
  const events: ReferenceEvent[] = [];
  for (const part of text.split(/^stack$/m).slice(1)) {
    const [, kind, result, size, old] = /^event (\w+) (\d+) (\d+) (\d+)$/m.exec(part) ?? [];
    const frames = [...part.matchAll(/^#(\d+) +0x([0-9a-f]+) in (\S+)/gm)];
    const wrapper = frames.findIndex((frame) => frame[3]?.startsWith('__wrap_'));
    const real = frames.slice(wrapper + 1).filter((frame) => !tailCallers.includes(frame[3] ?? ''));
    const pcs = real.map((frame) => Number.parseInt(frame[2] ?? '0', 16));
    const line = eventText(kind ?? '', Number(result), Number(size), Number(old));
    if (line !== undefined) events.push({ text: line, pcs });
  }
  return events;
}

function eventText(kind: string, result: number, size: number, old: number): string | undefined {
  if (kind === 'free') return old === 0 ? undefined : `free ${old}`;
  if (result === 0) return `failed ${size} ${old}`;
  return kind === 'realloc' && old !== 0 ? `realloc ${old} ${result} ${size}` : `alloc ${result} ${size}`;
}
