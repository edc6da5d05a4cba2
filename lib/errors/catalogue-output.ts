import { type ErrorExplanation, entry } from './error-explanation.js';

/** The codes of written files, of the viewer and of allocation_history.json: part of the catalogue. */
export const OUTPUT_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1900: entry(
    'No port to listen on',
    'A TCP port is a whole number from 1 to 65535; 0 takes any free one.',
    'Name another with --port, or leave it out.',
  ),
  HH1901: entry('The journal cannot be created', 'The folder is not writable.', 'Choose another with --out.'),
  HH1902: entry(
    'The journal cannot be written',
    'The disk is full or failing; what was written is readable.',
    'Make room, then `harvest capture.harvest`.',
  ),
  HH1903: entry(
    'An output cannot be written',
    'The disk is full, or the folder is not writable.',
    'Make room, then `harvest capture.harvest`.',
  ),
  HH1904: entry(
    'The output folder cannot be made',
    'A parent is not writable, or a file has its name.',
    'Choose another with --out.',
  ),
  HH1920: entry(
    'The report cannot be put together',
    'The page is not the viewer, or the journal is not base64.',
    'Build the viewer with `npm run build:viewer`.',
  ),
  HH1921: entry('Damaged gzip data', 'The file is cut or was changed on its way.', 'Copy the file again.'),
  HH1922: entry(
    'The file unpacks to too much',
    'It grows beyond 1 GiB, or to more than 200 times its size.',
    'If you trust it, unpack it with gunzip and open the result.',
  ),
  HH1923: entry(
    'The file is too large for the viewer',
    'A page in the browser takes at most 1 GiB.',
    'Import it with `harvest import`, and open the journal, which is smaller.',
  ),
  HH1924: entry(
    'The allocation history is too large',
    'Its records are held until all are there, and there are too many of them.',
    'Open the journal (capture.harvest) of the same capture.',
  ),
  HH1925: entry(
    'Not an allocation_history.json',
    'The file is not JSON: it is cut or damaged.',
    'Copy it again, or open the journal of the same capture.',
  ),
  HH1926: entry(
    'A record of the allocation history is wrong',
    'The message names the record, its field, and what is expected there.',
    'Mend the program that wrote the file.',
  ),
  HH1927: entry(
    'The viewer was not built',
    'dist/viewer/heap-harvest.html is missing: this is a clone that was not set up.',
    'Run `npm run bootstrap`.',
  ),
  HH1930: entry('Not the address of a board', 'Connect takes HOST or HOST:PORT.', 'Type what `harvest serve` printed.'),
  HH1931: entry(
    'The board does not answer the page',
    'It is off, elsewhere, or does not let pages of other origins read from it; browsers do not say which.',
    'Open its /alloctrace/status in a tab of its own.',
    'Let the firmware send Access-Control-Allow-Origin, or use `harvest capture ring`.',
  ),
  HH1932: entry('The board refused', 'The message holds its status and its reason.', 'See the status fields.'),
  HH1933: entry(
    'What answers is not an alloctrace server',
    'Its status or its trace is not what the protocol says.',
    'Check the host and the base path.',
  ),
};
