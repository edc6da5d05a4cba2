import {
  type Address,
  ExitCode,
  firmwareNotes,
  formatAddress,
  parseAddress,
  type SourceFrame,
  sanitize,
  UsageError,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { readFirmware } from './read-symbols.js';

/** addr2line's job: source lines of addresses, inlined calls included. */
export const symbolizeCommand = defineCommand({
  name: 'symbolize <elf> <addresses..>',
  describe: 'Function, file and line of addresses, with inlined calls (as addr2line -fi)',
  examples: [
    ['harvest symbolize firmware.elf 0x000009d6 0x11e', 'one block of lines an address, innermost first'],
    ['harvest symbolize firmware.elf --return-addresses 0x9d6', 'addresses from a backtrace: the call before each'],
    ["harvest symbolize firmware.elf 'Backtrace: 0x400d1234:0x3ffb1f20 0x400d2345:0x3ffb1f40'", 'a pasted line'],
    ['harvest symbolize firmware.elf 0x9d6 --json', 'for a script'],
  ],
  options: (set) =>
    set
      .positional('elf', { type: 'string', demandOption: true, describe: 'the firmware (ELF)', values: 'input' })
      .positional('addresses', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: '0x... or decimal; 0xA:0xB as dumps have them; a pasted line "Backtrace: ..."',
      })
      .option('return-addresses', {
        type: 'boolean',
        default: false,
        describe: 'look at the call before each address',
      }),
  run: async (args, context) => {
    const firmware = await readFirmware(args.elf);
    for (const note of context.quiet ? [] : firmwareNotes(firmware)) context.err(`note: ${sanitize(note)}\n`);
    const isReturnAddress = args.returnAddresses;
    const found = addressGroups(args.addresses).flatMap((group) => {
      const places = group.map((address) => ({ address, frames: firmware.locate(address, { isReturnAddress }) }));
      // The second of a pair may be a caller (a heap trace) or the stack pointer of a backtrace, which is no code.
      const isPair = places.length === 2;
      return places.filter(
        ({ frames }, i) => !(isPair && i === 1) || frames.some(({ functionName }) => !/^\??\??$/.test(functionName)),
      );
    });
    if (context.json) {
      printJson({ schema: 'heap-harvest/symbolize@1', addresses: found }, context);
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

/**
 * The addresses of each argument: one, a pair or a chain with colons. Of a pasted line `Backtrace: 0xPC:0xSP ...`, in quotes or not, the
 * program counters are taken. @throws UsageError HH1112
 */
function addressGroups(words: readonly string[]): readonly (readonly Address[])[] {
  const text = words.join(' ');
  const isBacktrace = /Backtrace\s*:/i.test(text);
  // The panic handler marks the end of a damaged one.
  const plain = text
    .replace(/^.*Backtrace\s*:/i, '')
    .replace(/\|<-\S+/g, ' ')
    // A paste that lost its line ends runs one pair into the next.
    .replace(/(?<=[0-9a-f]{8})(?=0x)/gi, ' ');
  return plain.split(/[\s,]+/).flatMap((word) => {
    const parts = word.split(':').filter((part) => part !== '');
    return parts.length === 0 ? [] : [parts.map(addressOf).slice(0, isBacktrace ? 1 : parts.length)];
  });
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new UsageError('HH1112', `harvest symbolize ${text}: found no address, expected for example 0x000009d6`);
}

function describe({ functionName, file, line }: SourceFrame): string {
  const place = file === undefined || file === '' ? '??' : `${file}:${line}`;
  return `${sanitize(functionName || '??')}  ${sanitize(place)}`;
}
