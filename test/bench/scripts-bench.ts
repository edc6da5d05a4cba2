import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../support/fixture.js';
import { median } from '../support/median.js';
import { benchMicropython } from './bench-micropython.js';
import type { BenchRow } from './bench-row.js';

/** Of a short capture and a long one: what opening takes is in both. */
const [FEW, MANY] = [100, 1100];
const ROUNDS = 3;
/** Prints the processor time of a command and of all that it starts (the emulator), and then what it printed. */
const TIMED =
  'import resource,subprocess,sys;o=subprocess.run(sys.argv[1:],check=True,stdout=subprocess.PIPE).stdout;r=resource.getrusage(resource.RUSAGE_CHILDREN);print(r.ru_utime+r.ru_stime,o.decode())';

interface Run {
  /** Of opening: the ELF file, the emulator. */
  readonly startSeconds: number;
  /** Of so many events more. */
  readonly seconds: number;
  readonly scripts: number;
  /** Of the events, their sizes and the C functions' frames. */
  readonly digest: string;
}

/**
 * A capture of a MicroPython with the frames of its scripts, against one without: the same firmware, whose interpreter's loop is called otherwise in
 * the second ELF file, so that it is not known. In turns, processor time of the capture and of the emulator.
 */
export async function scriptsBench(): Promise<BenchRow[]> {
  const elf = benchMicropython('clean');
  if (typeof elf !== 'string') return [elf];
  const plain = elf.replace(/\.elf$/, '-unknown.elf');
  execFileSync('arm-none-eabi-objcopy', ['--redefine-sym', 'mp_execute_bytecode=an_interpreters_loop', elf, plain]);
  const pairs = Array.from({ length: ROUNDS }, (_, round) => {
    // Who comes first takes turns as well.
    if (round % 2 === 0) return { told: capture(elf), untold: capture(plain) };
    const untold = capture(plain);
    return { told: capture(elf), untold };
  });
  for (const { told, untold } of pairs) {
    if (told.digest !== untold.digest) throw new Error('events or C frames differ with and without frames of scripts');
    if (told.scripts === 0 || untold.scripts > 0) throw new Error('found frames of scripts in the wrong capture');
  }
  const unit = 'ms/event';
  const each = (runs: readonly Run[]) => (1000 * median(runs.map(({ seconds }) => seconds))) / (MANY - FEW);
  const start = median(pairs.map(({ told, untold }) => told.startSeconds - untold.startSeconds));
  const ratio = median(pairs.map(({ told, untold }) => told.seconds / untold.seconds));
  const whole = ({ startSeconds, seconds }: Run) => startSeconds + seconds;
  const wholeRatio = median(pairs.map(({ told, untold }) => whole(told) / whole(untold)));
  return [
    { name: 'MicroPython, C frames only', value: each(pairs.map(({ untold }) => untold)), unit },
    {
      name: 'MicroPython, with the frames of scripts',
      value: each(pairs.map(({ told }) => told)),
      unit,
      against: `the processor time without (${ratio.toFixed(2)})`,
      ratio,
    },
    { name: 'MicroPython, what scripts add to the first 100 events', value: start, unit: 's' },
    {
      name: `MicroPython, ${MANY} events from the start, with the frames of scripts`,
      value: median(pairs.map(({ told }) => whole(told))),
      unit: 's',
      against: `the processor time without (${wholeRatio.toFixed(2)})`,
      ratio: wholeRatio,
    },
  ];
}

function capture(elf: string): Run {
  const short = captureOf(elf, FEW);
  const long = captureOf(elf, MANY);
  return { ...long, startSeconds: short.seconds, seconds: long.seconds - short.seconds };
}

function captureOf(elf: string, wanted: number): Omit<Run, 'startSeconds'> {
  const child = join(projectRoot, 'dist', 'test', 'bench', 'scripts-child.js');
  const command = ['-c', TIMED, process.execPath, child, elf, String(wanted)];
  const [seconds = '', ...answer] = execFileSync('python3', command, { encoding: 'utf8' }).trim().split(' ');
  const [, scripts, digest] = JSON.parse(answer.join(' ')) as [number, number, string];
  return { seconds: Number(seconds), scripts, digest };
}
