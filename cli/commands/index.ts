import type { AnyCommand } from '../context.js';

/** A command's module is loaded when the command is asked for: most of a short run is the loading of code. */
export interface CommandEntry {
  /** The first word of the command line. */
  readonly word: string;
  load(): Promise<AnyCommand>;
}

const entry = (word: string, load: () => Promise<AnyCommand>): CommandEntry => ({ word, load });

/** Every command, in the order in which `harvest --help` lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('run', async () => (await import('./harvest.js')).harvestCommand),
  entry('import', async () => (await import('./import.js')).importCommand),
  entry('export', async () => (await import('./export.js')).exportCommand),
  entry('view', async () => (await import('./view.js')).viewCommand),
  entry('report', async () => (await import('./report.js')).reportCommand),
  entry('capture', async () => (await import('./capture.js')).captureCommand),
  entry('session', async () => (await import('./session.js')).sessionCommand),
  entry('serve', async () => (await import('./serve.js')).serveCommand),
  entry('tree', async () => (await import('./tree.js')).treeCommand),
  entry('stats', async () => (await import('./stats.js')).statsCommand),
  entry('leaks', async () => (await import('./leaks.js')).leaksCommand),
  entry('frag', async () => (await import('./frag.js')).fragCommand),
  entry('pools', async () => (await import('./pools.js')).poolsCommand),
  entry('diff', async () => (await import('./diff.js')).diffCommand),
  entry('check', async () => (await import('./check.js')).checkCommand),
  entry('whatif', async () => (await import('./whatif.js')).whatifCommand),
  entry('dump', async () => (await import('./dump.js')).dumpCommand),
  entry('layout', async () => (await import('./layout.js')).layoutCommand),
  entry('mpy', async () => (await import('./mpy.js')).mpyCommand),
  entry('symbolize', async () => (await import('./symbolize.js')).symbolizeCommand),
  entry('resymbolize', async () => (await import('./resymbolize.js')).resymbolizeCommand),
  entry('boards', async () => (await import('./boards.js')).boardsCommand),
  entry('allocators', async () => (await import('./allocators.js')).allocatorsCommand),
  entry('doctor', async () => (await import('./doctor.js')).doctorCommand),
  entry('demo', async () => (await import('./demo.js')).demoCommand),
  entry('explain', async () => (await import('./explain.js')).explainCommand),
];

const GLOBAL_FLAGS = new Set(['--json', '--quiet', '-q', '--verbose', '-v', '-vv', '-vvv']);

/** The word where a command stands, whatever it says: the first one after flags that every command has. */
export function commandWord(argv: readonly string[]): string | undefined {
  return argv.find((argument) => !GLOBAL_FLAGS.has(argument));
}

/**
 * The commands that a command line can mean: the one that it begins with (after flags that every command has), else all of them,
 * as for `--help`, completion, a word that is no command and the default command's own options.
 */
export async function commandsFor(argv: readonly string[]): Promise<readonly AnyCommand[]> {
  const word = commandWord(argv);
  const named = COMMANDS.find((command) => command.word === word);
  return named ? [await named.load()] : await Promise.all(COMMANDS.map((command) => command.load()));
}
