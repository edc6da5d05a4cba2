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
  HH2053: entry(
    'Blocks have leaked, proven',
    'At the end of the capture no variable, stack, register or block that is alive points to them: nothing can free them any more.',
    'The message names who allocated them; `harvest leaks TRACE --proven` shows the rest.',
  ),
  HH2054: entry(
    'Not all that may hold blocks was read',
    'Memory with variables or a stack could not be read: what only it holds would seem to have leaked.',
    'Name a board whose memory is known, or check with --allow-incomplete and look at each block.',
  ),
  HH2055: entry(
    'A collected heap has no proven leaks',
    'What nothing holds is freed by the next collection.',
    '`harvest leaks TRACE` names the containers that grow.',
  ),
  HH2170: entry(
    'Nothing was read at this mark',
    'At this mark of the trace it was not read who holds which block: it was set when the capture had ended, or there is no such mark.',
    'Set marks in a session (`harvest session`, LiveHeapSession) while the target runs; without --at the last reading is taken.',
  ),
  HH2171: entry(
    'A mark of a dump',
    'A dump of memory is of one moment: it has no marks.',
    'Leave --at out, or name a capture.',
  ),
};
