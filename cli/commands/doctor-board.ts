import {
  allAllocators,
  type Board,
  checkTarget,
  detectAllocators,
  type firmwareOnBoard,
  HarvestError,
  SERVER_NAMES,
  type Symbolizer,
  type TargetCheck,
  type TargetOptions,
} from '../../lib/public/command-line.js';
import type { Context } from '../context.js';
import type { DoctorFinding } from '../json-output.js';

/** The direct engine waits twice for the server at each event; with --one-write once. */
const ROUND_TRIPS_PER_EVENT = 2;
/** OpenOCD looks at its target so often by itself. */
const UNPOKED_EVENTS_PER_S = 10;
/** Below this rate a boot of some thousand events takes minutes. */
const SLOW_EVENTS_PER_S = 100;

/** Variables that count time, and how often where that is usual; the most usual first. */
const TIME_VARIABLES: readonly (readonly [string, string])[] = [
  ['xTickCount', '1000'],
  ['uwTick', '1000'],
  ['uwTick_ms', '1000'],
  ['ticks_ms', '1000'],
  ['systick_ms', '1000'],
  ['msTicks', '1000'],
];

export interface BoardCheck {
  readonly options: TargetOptions;
  /** The firmware's ELF file; absent: its symbols are not looked at. */
  readonly elf: string | undefined;
  /** What was found of it. */
  readonly firmware: OpenedFirmware | DoctorFinding | undefined;
  readonly board: Board | DoctorFinding;
}

/** Connects as a capture would, and looks at the firmware as one would. */
export async function boardFindings(
  { options, elf, firmware, board }: BoardCheck,
  { signal }: Context,
): Promise<DoctorFinding[]> {
  const symbols =
    firmware === undefined ? [noFirmware()] : 'state' in firmware ? [firmware] : await symbolFindings(firmware);
  const opened = firmware !== undefined && !('state' in firmware) ? firmware : undefined;
  if ('state' in board) return [board, ...symbols];
  if (board.servers.qemu && options.gdbServer === undefined && elf === undefined)
    return [{ name: 'board', state: 'ok', found: `${board.title}: emulated, it needs no probe` }, ...symbols];
  const check = await attempt('board', () =>
    checkTarget(board, { ...options, ...(elf === undefined ? {} : { elf }), signal }),
  );
  if ('state' in check) return [check, ...symbols];
  const clock = clockFinding(check, opened?.firmware);
  return [...targetFindings(board, check), ...symbols, clock, wayFinding(check)];
}

/** What could be had, or what was missing. */
export async function attempt<T extends object>(name: string, work: () => Promise<T>): Promise<T | DoctorFinding> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HarvestError)) throw error;
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    return { name, state: 'missing', found: `${error.code} ${error.message}`, ...remedy };
  }
}

function noFirmware(): DoctorFinding {
  return {
    name: 'symbols',
    state: 'note',
    found: 'not looked at: no ELF file is given',
    remedy: '`harvest doctor --board NAME firmware.elf` does',
  };
}

export type OpenedFirmware = Awaited<ReturnType<typeof firmwareOnBoard>>;

/** What a capture needs of an ELF file: something to break on, lines, and a way to unwind. */
async function symbolFindings({ firmware, notes }: OpenedFirmware): Promise<DoctorFinding[]> {
  const has = (section: string) => firmware.elfFile.section(section) !== undefined;
  const lines = has('.debug_line') || has('.zdebug_line');
  const unwinds = has('.debug_frame') || has('.eh_frame') || has('.ARM.exidx');
  const missing = [...(lines ? [] : ['source lines']), ...(unwinds ? [] : ['how to unwind: backtraces are guessed'])];
  const debug: DoctorFinding =
    missing.length === 0
      ? { name: 'symbols', state: 'ok', found: ['functions, source lines, unwind information', ...notes].join('; ') }
      : {
          name: 'symbols',
          state: 'note',
          found: [`found no ${missing.join(', no ')}`, ...notes].join('; '),
          remedy: 'build with -g, and keep the ELF file from before `strip`',
        };
  return [debug, await hookFinding(firmware)];
}

async function hookFinding(firmware: Symbolizer): Promise<DoctorFinding> {
  if (firmware.symbol('gc_log_change')) return { name: 'hook', state: 'ok', found: 'gc_log_change: the default' };
  const [best] = detectAllocators(firmware, await allAllocators());
  if (best) return { name: 'hook', state: 'ok', found: `--allocator ${best.profile.name}: ${best.reason}` };
  const remedy = "name its functions: --hook 'my_alloc(size)' --hook 'my_free(ptr)'";
  return { name: 'hook', state: 'missing', found: 'no log function, and no allocator that is known', remedy };
}

function targetFindings(board: Board, check: TargetCheck): DoctorFinding[] {
  const { breakpoints, watchpoints } = check;
  const listed = board.comparators.breakpoints;
  const differs = breakpoints !== undefined && breakpoints !== listed;
  const watch = watchpoints === undefined ? '' : `, ${watchpoints} watchpoints`;
  const by = breakpoints === undefined ? `${listed}, by the board file` : `${breakpoints}${watch}`;
  return [
    {
      name: 'board',
      state: 'ok',
      found: `${board.title} answers through ${SERVER_NAMES[check.server]}; ${check.notes.join('; ')}`,
    },
    {
      name: 'breakpoints',
      state: differs ? 'note' : 'ok',
      found: differs ? `${by}; the board file says ${listed}` : by,
      ...fewBreakpoints(breakpoints ?? listed),
    },
  ];
}

/** What a malloc capture gives up where its hooks, a return and an end do not fit. */
function fewBreakpoints(count: number): Partial<DoctorFinding> {
  if (count > 2) return {};
  const end = 'end a malloc capture with --until-prompt, --max-events or --timeout';
  const remedy =
    count === 2
      ? `an allocator’s way in and out take turns with returns, and the capture says what it may miss; ${end}`
      : 'a log function can be followed, an allocator cannot: let the firmware trace itself (examples/firmware/alloctrace)';
  return { state: 'note', remedy };
}

/** What can tell the events' time besides the host's clock, in which the halts are. */
function clockFinding({ cycleCounter }: TargetCheck, firmware: Symbolizer | undefined): DoctorFinding {
  const variable = TIME_VARIABLES.find(([name]) => firmware?.symbol(name)?.kind === 'object');
  if (variable) {
    const [name, hertz] = variable;
    return {
      name: 'clock',
      state: 'ok',
      found: `--clock ${name}@${hertz} (${hertz} a second, where that is not changed)`,
    };
  }
  if (cycleCounter === 'counts')
    return { name: 'clock', state: 'ok', found: '--clock DWT_CYCCNT@HZ: the counter runs' };
  const found = 'the host’s clock, in which the halts of the target are';
  if (cycleCounter !== 'stands') return { name: 'clock', state: 'note', found };
  const remedy = 'let the firmware start DWT_CYCCNT (DEMCR bit 24, DWT_CTRL bit 0), then --clock DWT_CYCCNT@HZ';
  return { name: 'clock', state: 'note', found, remedy };
}

/** The rate that the link allows, and what is faster where that is slow. */
function wayFinding({ roundTripMs, isPoked, mayWriteOnce }: TargetCheck): DoctorFinding {
  const { median, worst } = roundTripMs;
  const byLink = Math.max(1, Math.round(1000 / (median * ROUND_TRIPS_PER_EVENT)));
  const rate = isPoked === false ? Math.min(UNPOKED_EVENTS_PER_S, byLink) : byLink;
  const trip = `a round trip takes ${median.toFixed(1)} ms (at worst ${worst.toFixed(1)})`;
  const found = `${trip}: at most about ${rate} events/s`;
  if (isPoked === false) {
    const remedy = 'OpenOCD’s Tcl port does not answer: start it with `tcl_port 6666`';
    return { name: 'fastest way', state: 'note', found, remedy };
  }
  const way = mayWriteOnce ? '--engine direct --one-write' : '--engine direct';
  if (rate >= SLOW_EVENTS_PER_S) return { name: 'fastest way', state: 'ok', found: `${found}; ${way}` };
  const remedy = `${way}; faster than any breakpoint is the tracer in the firmware (examples/firmware/alloctrace)`;
  return { name: 'fastest way', state: 'note', found, remedy };
}
