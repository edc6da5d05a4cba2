import { basename } from 'node:path';
import { ExitCode } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { SHELLS, shellScript } from '../options/shell-scripts.js';

export const completionCommand = defineCommand({
  name: 'completion [shell]',
  describe: 'Print a completion script: commands, options, boards, formats, engines and files',
  examples: [
    ['harvest completion bash >> ~/.bashrc', 'bash'],
    ['harvest completion zsh >> ~/.zshrc', 'zsh'],
    ['harvest completion fish > ~/.config/fish/completions/harvest.fish', 'fish'],
  ],
  options: (set) => set.positional('shell', { choices: SHELLS, describe: 'bash, zsh or fish (default: your $SHELL)' }),
  run: async ({ shell }, context) => {
    const own = basename(context.env.SHELL ?? '');
    context.out(shellScript(shell ?? SHELLS.find((each) => each === own) ?? 'bash'));
    return ExitCode.ok;
  },
});
