import {
  ExitCode,
  formatAddress,
  parseAddress,
  type SourceFrame,
  sanitize,
  UsageError,
} from '../../lib/public/index.js';
import { defineCommand } from '../context.js';
import { readFirmware } from './read-symbols.js';

/** addr2line's job: source lines of addresses, inlined calls included. */
export const symbolizeCommand = defineCommand({
  name: 'symbolize <elf> <addresses..>',
  describe: 'Function, file and line of addresses, with inlined calls (as addr2line -fi)',
  examples: [
    ['harvest symbolize firmware.elf 0x000009d6 0x11e', 'one block of lines an address, innermost first'],
    ['harvest symbolize firmware.elf --return-addresses 0x9d6', 'addresses from a backtrace: the call before each'],
    ['harvest symbolize firmware.elf 0x9d6 --json', 'for a script'],
  ],
  options: (set) =>
    set
      .positional('elf', { type: 'string', demandOption: true, describe: 'the firmware (ELF)', values: 'input' })
      .positional('addresses', { type: 'string', array: true, demandOption: true, describe: '0x... or decimal' })
      .option('return-addresses', {
        type: 'boolean',
        default: false,
        describe: 'look at the call before each address',
      }),
  run: async (args, context) => {
    const image = await readFirmware(args.elf);
    const found = args.addresses.map((text) => {
      const address = parseAddress(text);
      if (address === undefined) {
        throw new UsageError('HH1112', `harvest symbolize ${text}: found no address, expected for example 0x000009d6`);
      }
      return { address, frames: image.locate(address, { isReturnAddress: args.returnAddresses }) };
    });
    if (context.json) {
      context.out(`${JSON.stringify({ schema: 'heap-harvest/symbolize@1', addresses: found })}\n`);
      return ExitCode.ok;
    }
    for (const { address, frames } of found) {
      frames.forEach((frame, i) => {
        const lead = i === 0 ? formatAddress(address) : ' '.repeat(10);
        context.out(`${lead}  ${describe(frame)}${frame.inlined ? '  (inlined)' : ''}\n`);
      });
    }
    return ExitCode.ok;
  },
});

function describe({ functionName, file, line }: SourceFrame): string {
  const place = file === undefined || file === '' ? '??' : `${file}:${line}`;
  return `${sanitize(functionName || '??')}  ${sanitize(place)}`;
}
