import { type ErrorExplanation, entry } from './error-explanation.js';

/** The codes of the command line itself and of the outputs it opens: part of the catalogue, in a file of its own for its length. */
export const COMMAND_LINE_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1116: entry(
    'An option has no value',
    'The value is missing or empty (an empty variable of a script?), or it begins with a dash and looks like an option.',
    'Write it behind the option, or --option=VALUE when it begins with a dash.',
  ),
  HH1117: entry(
    'An option is there twice',
    'It takes one value; those that may be repeated say so in the help.',
    'Name it once.',
  ),
  HH1118: entry(
    'A value does not fit its option',
    'A number, or one of a few words, is expected; a flag takes no value.',
    'See `harvest COMMAND --help`.',
  ),
  HH1119: entry(
    'Standard input is wanted twice',
    '- stands for it where a file is read, and it can be read once; the commands of a session come from it, too.',
    'Name a file for the other.',
  ),
};
