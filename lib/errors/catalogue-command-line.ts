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
  HH1905: entry(
    'An output is a link that leads nowhere',
    'What it names is not there and lies outside of the folder: it is not made there.',
    'Remove the link, or make the file that it names.',
  ),
  HH1907: entry(
    'No file descriptor is left',
    'The shell, the container or the service manager allows this process too few open files.',
    'ulimit -n 1024, then again.',
  ),
  HH1908: entry(
    'A part of the installation is missing',
    'A package of harvest cannot be found; with very few open files allowed, Node says so, too.',
    'npm install --global heap-harvest, or npm ci in a clone.',
    'ulimit -n 1024, then again.',
  ),
  HH1906: entry(
    'Standard output cannot be written',
    'The disk that it is redirected to is full or failing.',
    'Redirect it elsewhere; what the command wrote into files is there.',
  ),
};
