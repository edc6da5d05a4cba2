/** Runs a firmware in qemu under gdb and records, at each stop, registers, stack and gdb's own backtrace: what an unwinder must equal. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RecordedStop {
  /** r0 to r12, sp, lr, pc; of RISC-V x0 to x31, pc. */
  readonly registers: readonly number[];
  /** The stack's words from sp up. */
  readonly stack: readonly number[];
  /** Frames as `function` or `function at file:line`, innermost first; `<signal handler called>` as gdb prints it. */
  readonly backtrace: readonly string[];
}

export interface RecordOptions {
  readonly machine: string;
  readonly breakpoint: string;
  readonly stops: number;
  /** The first address above the stack. */
  readonly stackTop: number;
  /** Stop anywhere: after two of three breakpoints some instructions are stepped. */
  readonly steps?: boolean;
  readonly limitMs?: number;
  /** Default: arm. */
  readonly processor?: Processor;
}

export type Processor = 'arm' | 'riscv';

/** How each is started, and gdb's names of the registers that {@link RecordedStop} holds. */
const PROCESSORS: Readonly<Record<Processor, { readonly qemu: string; readonly registers: readonly string[] }>> = {
  arm: {
    qemu: 'qemu-system-arm',
    registers: [...Array.from({ length: 13 }, (_, index) => `r${index}`), 'sp', 'lr', 'pc'],
  },
  riscv: {
    qemu: 'qemu-system-riscv32 -bios none',
    registers: [...Array.from({ length: 32 }, (_, index) => `x${index}`), 'pc'],
  },
};

/** Which of the registers of a {@link RecordedStop} is the stack pointer. */
export const STACK_POINTER: Readonly<Record<Processor, number>> = { arm: 13, riscv: 2 };

const LIMIT_MS = 60_000;

/** gdb starts qemu itself and talks to it over a pipe: no port is taken and nothing outlives gdb. */
export function recordStops(elf: string, options: RecordOptions): readonly RecordedStop[] {
  const { machine, breakpoint, stops, stackTop, steps = false, limitMs = LIMIT_MS } = options;
  const { qemu: program, registers } = PROCESSORS[options.processor ?? 'arm'];
  const step = steps ? 'if $n % 3 != 0\nstepi ($n * 7) % 41 + 1\nend\n' : '';
  const qemu = `${program} -M ${machine} -kernel ${elf} -display none -monitor none -serial null -icount shift=0 -S -gdb stdio`;
  const script = `
set pagination off
set confirm off
set width 0
set print entry-values no
set print frame-arguments none
set backtrace limit 300
set remotetimeout 60
target remote | exec timeout ${Math.ceil(limitMs / 1000) + 30} ${qemu}
break ${breakpoint}
python
def backtrace():
  try:
    gdb.execute('bt')
  except gdb.error as error:
    # Frames that gdb guesses can lead out of memory: those before were printed.
    print(error)
end
set $n = 0
while $n < ${stops}
continue
${step}printf "\\nREGISTERS ${registers.map(() => '%x').join(' ')}\\n", ${registers.map((name) => `$${name}`).join(', ')}
set $words = (${stackTop} - (unsigned long)$sp) / 4
eval "x/%dxw $sp", $words
printf "BACKTRACE\\n"
python backtrace()
printf "END\\n"
set $n = $n + 1
end
kill
`;
  const folder = mkdtempSync(join(tmpdir(), 'backtraces-'));
  try {
    const file = join(folder, 'script.gdb');
    writeFileSync(file, script);
    // Its exit code says nothing: gdb ends by killing the target, and qemu closes the pipe before it has answered.
    const found = spawnSync('gdb-multiarch', ['-nx', '-batch', '-iex', 'set osabi none', '-x', file, elf], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
    if (found.error) throw new Error(`gdb-multiarch: ${found.stderr}`, { cause: found.error });
    return parseStops(found.stdout.toString());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parseStops(text: string): RecordedStop[] {
  return text
    .split(/^REGISTERS /m)
    .slice(1)
    .map((part) => {
      const [state = '', rest = ''] = part.split(/^BACKTRACE$/m);
      const [registers = '', ...memory] = state.split('\n');
      const stack = memory.flatMap((line) =>
        (/:\t(.*)/.exec(line)?.[1] ?? '').split('\t').filter((word) => word !== ''),
      );
      const frames = (rest.split(/^END$/m)[0] ?? '').split('\n').flatMap((line) => frameText(line) ?? []);
      return {
        registers: registers.split(' ').map((word) => Number.parseInt(word, 16)),
        stack: stack.map(Number),
        backtrace: frames,
      };
    });
}

/** `#1  0x00000da6 in large_frame (value=...) at stacks.c:55` as `large_frame at stacks.c:55`. */
function frameText(line: string): string | undefined {
  const frame = /^#\d+ +(?:0x[0-9a-f]+ in )?(.*)$/.exec(line)?.[1];
  if (frame === undefined) return undefined;
  const parts = /^(.*?) \(.*?\)(?: at (.*))?$/.exec(frame);
  if (!parts) return frame;
  return parts[2] === undefined ? parts[1] : `${parts[1]} at ${parts[2]}`;
}
