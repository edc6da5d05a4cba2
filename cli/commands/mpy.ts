import { ExitCode, mpyHeapCost, mpyText, readMpy } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { readBytes } from './read-symbols.js';

export const mpyCommand = defineCommand({
  name: 'mpy <files..>',
  describe: 'What .mpy files hold, and what importing them costs on the heap',
  examples: [
    ['harvest mpy app.mpy', 'by function, with the assumptions'],
    ['harvest mpy lib/a.mpy lib/b.mpy', 'several files'],
    ['harvest mpy app.mpy --json', 'all of it as JSON'],
  ],
  options: (set) =>
    set.positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      values: 'input',
      describe: '.mpy files, version 0 to 6',
    }),
  run: async (args, context) => {
    const results = [];
    for (const path of args.files) {
      const file = readMpy(await readBytes(path, 'HH1105'), path);
      results.push({ path, file, cost: mpyHeapCost(file) });
    }
    if (context.json) printJson({ schema: 'heap-harvest/mpy@1', version: 1, files: results }, context);
    else context.out(`${results.map(({ path, file, cost }) => mpyText(file, cost, path)).join('\n\n')}\n`);
    return ExitCode.ok;
  },
});
