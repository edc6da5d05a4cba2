import type { AnyCommand } from '../context.js';

/** What `harvest --help` lists a command under. */
export const COMMAND_GROUPS = ['Capture', 'Traces in and out', 'Ask', 'Set up'] as const;

/** A command's module is loaded when the command is asked for: most of a short run is the loading of code. */
export interface CommandEntry {
  /** The first word of the command line. */
  readonly word: string;
  readonly group: (typeof COMMAND_GROUPS)[number];
  /** Its line in `harvest --help`. */
  readonly summary: string;
  load(): Promise<AnyCommand>;
}

type Row = readonly [word: string, summary: string, load: () => Promise<AnyCommand>];

const CAPTURE: readonly Row[] = [
  [
    'run',
    'capture a firmware (may be left out: harvest fw.elf)',
    async () => (await import('./harvest.js')).harvestCommand,
  ],
  [
    'capture',
    'a ring on the board, live SWO, or text on a serial port',
    async () => (await import('./capture.js')).captureCommand,
  ],
  [
    'session',
    'a live target step by step: start, stop, dump',
    async () => (await import('./session.js')).sessionCommand,
  ],
  ['serve', 'a trace, or a capture that goes on, over HTTP', async () => (await import('./serve.js')).serveCommand],
  ['dump', "the target's memory at chosen moments", async () => (await import('./dump.js')).dumpCommand],
  ['demo', 'the example firmware under QEMU: no board needed', async () => (await import('./demo.js')).demoCommand],
];
const TRACES: readonly Row[] = [
  ['import', "read another heap tracer's file", async () => (await import('./import.js')).importCommand],
  [
    'export',
    'write speedscope, pprof, heaptrack, massif and others',
    async () => (await import('./export.js')).exportCommand,
  ],
  ['view', 'a trace in the browser', async () => (await import('./view.js')).viewCommand],
  ['report', 'a trace and the viewer in one HTML file', async () => (await import('./report.js')).reportCommand],
  [
    'resymbolize',
    'backtraces anew, with a better ELF file',
    async () => (await import('./resymbolize.js')).resymbolizeCommand,
  ],
];
const ASK: readonly Row[] = [
  ['tree', 'who holds memory, by call path', async () => (await import('./tree.js')).treeCommand],
  ['stats', 'sizes, peak, totals, lifetimes, failures', async () => (await import('./stats.js')).statsCommand],
  ['leaks', 'what is left behind, what grows in every cycle', async () => (await import('./leaks.js')).leaksCommand],
  ['why', 'why a block is alive: who holds it', async () => (await import('./why.js')).whyCommand],
  ['frag', 'what broke the largest free block', async () => (await import('./frag.js')).fragCommand],
  ['pools', 'the smallest memory pools that serve a trace', async () => (await import('./pools.js')).poolsCommand],
  ['whatif', 'the same requests under other allocators', async () => (await import('./whatif.js')).whatifCommand],
  ['diff', 'two captures, by call path', async () => (await import('./diff.js')).diffCommand],
  ['fleet', 'captures of many boards: ready questions, SQL', async () => (await import('./fleet.js')).fleetCommand],
  ['check', 'a budget or a baseline, for CI', async () => (await import('./check.js')).checkCommand],
  [
    'layout',
    'the layout of a MicroPython heap in memory dumps',
    async () => (await import('./layout.js')).layoutCommand,
  ],
  ['mpy', 'what .mpy files hold and cost', async () => (await import('./mpy.js')).mpyCommand],
  ['symbolize', 'source lines of addresses', async () => (await import('./symbolize.js')).symbolizeCommand],
];
const SET_UP: readonly Row[] = [
  ['boards', 'list the boards, or show one', async () => (await import('./boards.js')).boardsCommand],
  [
    'allocators',
    'list the allocator profiles, or which ones a firmware has',
    async () => (await import('./allocators.js')).allocatorsCommand,
  ],
  ['doctor', 'check what is installed', async () => (await import('./doctor.js')).doctorCommand],
  ['explain', 'what an error code means', async () => (await import('./explain.js')).explainCommand],
  [
    'completion',
    'a completion script for bash, zsh or fish',
    async () => (await import('./completion.js')).completionCommand,
  ],
];

const rows = (group: CommandEntry['group'], of: readonly Row[]): CommandEntry[] =>
  of.map(([word, summary, load]) => ({ word, group, summary, load }));

/** Every command, in the order in which `harvest --help` lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  ...rows('Capture', CAPTURE),
  ...rows('Traces in and out', TRACES),
  ...rows('Ask', ASK),
  ...rows('Set up', SET_UP),
];

export function entryOf(word: string | undefined): CommandEntry | undefined {
  return COMMANDS.find((command) => command.word === word);
}
