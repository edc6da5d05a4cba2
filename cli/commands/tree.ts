import { callTree, callTreeText, ExitCode, loadTrace } from '../../lib/index.js';
import { defineCommand } from '../context.js';

export const treeCommand = defineCommand({
  name: 'tree <trace>',
  describe: 'The call tree of blocks per source line',
  examples: [['harvest tree capture.harvest', 'what is alive at the end, by call path']],
  options: (yargs) =>
    yargs.positional('trace', { type: 'string', demandOption: true, describe: 'a journal or any importable trace' }),
  run: async (args, context) => {
    const { builder } = await loadTrace(args.trace, { signal: context.signal });
    const tree = callTree(builder.build());
    context.out(context.json ? `${JSON.stringify(tree)}\n` : callTreeText(tree));
    return ExitCode.ok;
  },
});
