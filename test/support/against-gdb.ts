/** Compares the stacks of a build with gdb's at many stops, and says of every difference what it is. */
import { readFileSync } from 'node:fs';
import { splitFilesOf } from '../../lib/firmware/split-files.js';
import { createSymbolizer, type Symbolizer } from '../../lib/symbols/symbolizer.js';
import type { StackEnd } from '../../lib/symbols/unwinder.js';
import { type Processor, type RecordedStop, type RecordOptions, recordStops, STACK_POINTER } from './gdb-backtraces.js';

/**
 * `same`: frame by frame. `guessed`: the first differing frame of ours is marked so. `cut`: ours ends early and its end says so, equal
 * before. `further`: gdb's ends early, ours goes on. `discarded`: gdb names a function that the linker discarded, or none, where the symbol
 * table has ours. `interrupted`: ours ends with the handler that an interrupt entered, which has no caller; gdb without call frame information takes
 * what ra held then for one. `wrong`: none of these.
 */
export type Verdict = 'same' | 'guessed' | 'cut' | 'further' | 'discarded' | 'interrupted' | 'wrong';

/** What an interrupt enters in the programs that are compared (programs/stacks.c says so in its call frame information: ra is undefined). */
const HANDLER = 'trap_entry';

const WHOLE: ReadonlySet<StackEnd> = new Set(['main', 'entry', 'outermost']);

interface OwnFrame {
  readonly text: string;
  readonly name: string;
  readonly address: number;
  readonly isGuessed: boolean;
}

export interface Comparison {
  readonly verdict: Verdict;
  readonly ours: readonly string[];
  readonly gdbs: readonly string[];
  readonly end: StackEnd;
}

/** What each stop of a run gives. */
export function compareWithGdb(elf: string, options: RecordOptions): readonly Comparison[] {
  const symbolizer = createSymbolizer(readFileSync(elf), { splitFiles: splitFilesOf(elf) });
  return recordStops(elf, options).map((stop) => compareStop(symbolizer, stop, options.processor));
}

function compareStop(symbolizer: Symbolizer, stop: RecordedStop, processor: Processor = 'arm'): Comparison {
  const base = stop.registers[STACK_POINTER[processor]] ?? 0;
  const stack = symbolizer.unwind(stop.registers, (address) => stop.stack[(address - base) / 4], { maxDepth: 300 });
  const frames = stack.frames.flatMap((frame) =>
    symbolizer.sourcesOf(frame).map((place): OwnFrame => {
      const name = place.functionName;
      const text = place.file === undefined ? name : `${name} at ${place.file}:${place.line}`;
      const address = frame.pc - (frame.isReturnAddress ? 1 : 0);
      return { text, name, address, isGuessed: frame.certainty === 'guessed' || place.certainty === 'guessed' };
    }),
  );
  const gdbs = stop.backtrace;
  return {
    verdict: verdictOf(symbolizer, frames, { gdbs, end: stack.end }),
    ours: frames.map(({ text }) => text),
    gdbs,
    end: stack.end,
  };
}

function verdictOf(
  symbolizer: Symbolizer,
  ours: readonly OwnFrame[],
  { gdbs, end }: { readonly gdbs: readonly string[]; readonly end: StackEnd },
): Verdict {
  let verdict: Verdict = 'same';
  for (let at = 0; at < Math.max(ours.length, gdbs.length); at++) {
    const own = ours[at];
    const other = gdbs[at];
    if (!own && end === 'outermost' && ours.at(-1)?.name === HANDLER) return 'interrupted';
    if (!own) return WHOLE.has(end) ? 'wrong' : 'cut';
    if (own.text === other) continue;
    if (own.isGuessed) return 'guessed';
    if (other === undefined) return 'further';
    const isOurs = symbolizer.functionNamesAt(own.address).includes(own.name);
    const isTheirs = symbolizer.functionNamesAt(own.address).includes(other.replace(/ at .*/, ''));
    if (!isOurs || isTheirs) return 'wrong';
    verdict = 'discarded';
  }
  return verdict;
}
