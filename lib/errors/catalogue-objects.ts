import { type ErrorExplanation, entry } from './error-explanation.js';

/** The codes of what asks who holds which block (HH2050 to HH2079). */
export const OBJECT_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH2050: entry(
    'A trace does not say who holds which block',
    'It was captured by an older release, with --no-objects or into a ring, or the heap of this allocator cannot be read.',
    'Capture again; docs/object-graph.md says what is read, and of which firmware.',
  ),
  HH2051: entry(
    'A dump holds no heap of objects',
    '--base or --elf is missing or of another firmware, the heap was not made yet, or it lies in memory that was not dumped.',
    'Dump all writable memory (`harvest dump` does), and name the ELF file that ran.',
  ),
  HH2052: entry(
    'No such block is alive',
    'The address lies in no block that was alive at the end, or no such block was allocated by a function or line of that name.',
    '`harvest leaks TRACE` lists the sources of what is alive.',
  ),
};
