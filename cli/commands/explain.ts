import { ERROR_CATALOGUE, ExitCode, UsageError } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';

export const explainCommand = defineCommand({
  name: 'explain [code]',
  describe: 'What an error code means and what to try',
  examples: [
    ['harvest explain HH1501', 'one code; without it, all of them'],
    ['harvest explain', 'all codes'],
    ['harvest explain HH1352 --json', 'for a script'],
  ],
  options: (set) => set.positional('code', { type: 'string', describe: 'such as HH1501', values: 'code' }),
  run: async (args, context) => {
    const code = args.code?.toUpperCase();
    const found = code === undefined ? undefined : ERROR_CATALOGUE[code];
    if (code !== undefined && !found) {
      throw new UsageError('HH1109', `harvest explain ${code}: no such code, expected HH and four digits`, {
        remedy: '`harvest explain` lists them all',
      });
    }
    if (context.json) {
      if (found && code !== undefined) printJson({ schema: 'heap-harvest/explanation@1', code, ...found }, context, 2);
      else printJson({ schema: 'heap-harvest/explanations@1', codes: ERROR_CATALOGUE }, context, 2);
    } else if (found) {
      context.out(`${code}  ${found.title}\n\n${found.cause}\n`);
      for (const remedy of found.remedies) context.out(`- ${remedy}\n`);
    } else {
      for (const [each, { title }] of Object.entries(ERROR_CATALOGUE)) context.out(`${each}  ${title}\n`);
    }
    return ExitCode.ok;
  },
});
