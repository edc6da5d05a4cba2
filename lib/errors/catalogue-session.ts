import { type ErrorExplanation, entry } from './error-explanation.js';

/** Codes of live sessions, of rings at capture, and of test scripts. */
export const SESSION_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1190: entry(
    'Not a number of records for a ring',
    'A ring has 1 to 10,000,000 records.',
    'Correct --ring, or leave it out to keep everything.',
  ),
  HH1191: entry(
    'The records of the session are full',
    'Tracing stopped when the last place was taken; there is nothing to resume into.',
    '`start` empties them and goes on.',
    '`init` with more records, before the first start.',
  ),
  HH1192: entry(
    'There is no console to type at',
    'Only launched emulators have one here, and only while a capture runs.',
    'On a board, type in a terminal of its own while the session traces.',
  ),
  HH1193: entry(
    'The console did not show the expected text',
    'The prompt is another one, the firmware does not get that far, or it needs longer.',
    'The message shows the end of what it printed; raise the time-out.',
  ),
  HH1194: entry(
    'A ring option without a ring',
    '--no-stop-on-full, --collapse-pairs, --min-size and --skip-frees say what a ring keeps.',
    'Add --ring N.',
  ),
  HH2010: entry(
    'A call path is over its budget',
    'What is allocated through this path is more than the test allows.',
    'The message names the source line that takes the most, and by how much the limit is exceeded.',
  ),
};
