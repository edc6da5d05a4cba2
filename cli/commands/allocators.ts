import {
  type AllocatorMatch,
  type AllocatorProfile,
  allAllocators,
  detectAllocators,
  ExitCode,
  sanitize,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { readFirmware } from './read-symbols.js';

export const allocatorsCommand = defineCommand({
  name: 'allocators [elf]',
  describe: 'List the allocator profiles, or say which ones a firmware has and why',
  examples: [
    ['harvest allocators', 'all of them'],
    ['harvest allocators firmware.elf', 'what --allocator auto would follow'],
    ['harvest allocators --json', 'the profiles as JSON, every field'],
  ],
  options: (set) => set.positional('elf', { type: 'string', describe: 'the firmware (ELF)', values: 'input' }),
  run: async (args, context) => {
    const profiles = await allAllocators();
    if (args.elf === undefined) {
      if (context.json) printJson({ schema: 'heap-harvest/allocators@1', allocators: profiles }, context, 2);
      else list(profiles, context);
      return ExitCode.ok;
    }
    const firmware = await readFirmware(args.elf);
    const matches = detectAllocators(firmware, profiles);
    if (context.json) {
      const found = matches.map(({ profile, reason }) => ({ allocator: profile.name, reason }));
      printJson({ schema: 'heap-harvest/allocator-matches@1', matches: found }, context, 2);
    } else {
      show(
        matches,
        { elf: args.elf, machine: firmware.machine, isCapturable: firmware.architecture !== undefined },
        context,
      );
    }
    return ExitCode.ok;
  },
});

function list(profiles: readonly AllocatorProfile[], context: Context): void {
  const width = Math.max(...profiles.map(({ name }) => name.length));
  for (const { name, verified, title, heap } of profiles) {
    const reads = heap ? 'heap read' : '';
    context.out(`${name.padEnd(width)}  ${verified.padEnd(10)}  ${reads.padEnd(9)}  ${title}\n`);
  }
}

interface Subject {
  readonly elf: string;
  readonly machine: string;
  readonly isCapturable: boolean;
}

function show(matches: readonly AllocatorMatch[], { elf, machine, isCapturable }: Subject, context: Context): void {
  const [best] = matches;
  if (!best) context.out(`${sanitize(elf)}: no allocator that is known by its symbols\n`);
  const width = Math.max(...matches.map(({ profile }) => profile.name.length));
  for (const { profile, reason } of matches) context.out(`${profile.name.padEnd(width)}  ${reason}\n`);
  for (const note of best?.profile.notes ?? []) context.out(`  ${note}\n`);
  if (!isCapturable)
    context.err(`not to be followed: a program for ${machine}, whose calls the hooks do not know (HH1362)\n`);
  else if (!best)
    context.err("name its functions: harvest --hook 'my_alloc(size)' --hook 'my_free(ptr)' firmware.elf\n");
  else if (!context.quiet) context.err(`next: harvest --allocator ${best.profile.name} ${sanitize(elf)}\n`);
}
