import { type ErrorExplanation, entry } from './error-explanation.js';

/** The codes of exports and of what opens them (HH1970 to HH1989). */
export const EXPORT_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1970: entry(
    'No such event in the trace',
    '--at names an event by its number, from 0 on, and the trace has fewer.',
    '`harvest stats` shows the event count.',
  ),
  HH1971: entry(
    'Nothing happened between two marks',
    'The marks of --from and --to have no event between them.',
    'Choose marks that lie further apart; `harvest stats` shows the phases between marks.',
  ),
  HH1972: entry(
    'A table of events or allocations cannot be read',
    'It was changed after it was exported: columns, numbers or the order of its rows.',
    'Export it again, or read it as any table: --format csv or ndjson.',
    'The rows before the line were kept.',
  ),
  HH1973: entry(
    'speedscope is not installed',
    'Its app is an npm package of its own.',
    '`npm install speedscope` (or -g, beside heap-harvest); or export --format speedscope and open it at speedscope.app.',
  ),
};
