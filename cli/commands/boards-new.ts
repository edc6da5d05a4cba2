import {
  allBoards,
  type Board,
  boardFileOf,
  type ChipDescription,
  didYouMean,
  type ExitCode,
  parseAddress,
  parseSize,
  UsageError,
} from '../../lib/public/command-line.js';
import { type Asker, canAsk, openAsker } from '../ask.js';
import type { Context } from '../context.js';

export interface MakeArgs {
  readonly device?: string | undefined;
  readonly mcu?: string | undefined;
  readonly title?: string | undefined;
  readonly out?: string | undefined;
}

/** Shows a board file's text, or writes it to `out`. */
type Give = (text: string, args: MakeArgs, context: Context) => Promise<ExitCode>;

/** A board like one that is known, for another board with the same chip; at a terminal, what is not given is asked for. */
export async function newBoard(args: MakeArgs, context: Context, give: Give): Promise<ExitCode> {
  const boards = (await allBoards()).filter(({ servers, mcu }) => servers.qemu === undefined && mcu.name !== 'unknown');
  const { mcu } = args;
  if (mcu !== undefined) {
    const pattern = boardWith(boards, mcu);
    if (pattern) return await give(fileLike(pattern, args.title), args, context);
    throw unknownChip(boards, mcu);
  }
  if (!canAsk(context)) {
    throw new UsageError('HH1106', 'harvest boards: found no chip, and no terminal to ask at, expected --mcu CHIP', {
      remedy: '`harvest boards --help` shows examples',
    });
  }
  const asked = await askAll(boards, args, context);
  return await give(asked.text, { ...args, out: asked.out }, context);
}

function boardWith(boards: readonly Board[], mcu: string): Board | undefined {
  return boards.find((board) => board.mcu.name.toLowerCase().startsWith(mcu.toLowerCase()));
}

function chipsOf(boards: readonly Board[]): readonly string[] {
  return [...new Set(boards.map((board) => board.mcu.name))].sort();
}

function unknownChip(boards: readonly Board[], mcu: string): UsageError {
  const chips = chipsOf(boards);
  const meant = didYouMean(mcu, chips);
  return new UsageError(
    'HH1542',
    `harvest boards new: found no board with ${mcu}, expected a chip of one of them${meant}`,
    {
      remedy: `--mcu of ${chips.join(', ')}; or import its description: harvest boards import FILE --device NAME`,
    },
  );
}

function fileLike(pattern: Board, title: string | undefined): string {
  const hex = (value: number) => `0x${value.toString(16).toUpperCase()}`;
  const { name: _, path: __, usb: ___, ...rest } = pattern;
  const file = {
    $schema: './board.schema.json',
    ...rest,
    title: title ?? `A board with ${pattern.mcu.name}`,
    verified: 'unverified',
    memory: pattern.memory.map((one) => ({ ...one, baseAddress: hex(one.baseAddress), sizeBytes: hex(one.sizeBytes) })),
    ...(pattern.applicationAddress === undefined ? {} : { applicationAddress: hex(pattern.applicationAddress) }),
    notes: [`Made after ${pattern.name}: check what differs.`],
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

interface AskedBoard {
  readonly text: string;
  readonly out: string;
}

async function askAll(boards: readonly Board[], args: MakeArgs, context: Context): Promise<AskedBoard> {
  using asker = openAsker(context);
  const mcu = await asker.ask('chip (as on its package, such as nRF52840 or STM32F405RG): ', notEmpty('a chip'));
  const pattern = boardWith(boards, mcu);
  if (pattern) context.err(`  ${pattern.name} has it: memory, comparators and servers are taken from there\n`);
  const title = args.title ?? (await asker.ask('what people call the board: ', notEmpty('a name')));
  const text = pattern ? fileLike(pattern, title) : boardFileOf(await askChip(asker, mcu), title);
  const usual = `harvest-boards/${fileName(title)}.json`;
  const out = args.out ?? (await asker.ask(`file [${usual}]: `, (answer) => ({ value: answer || usual })));
  return { text, out };
}

const CORES = [
  'cortex-m0',
  'cortex-m0plus',
  'cortex-m3',
  'cortex-m4',
  'cortex-m7',
  'cortex-m23',
  'cortex-m33',
  'cortex-m55',
];

/** A chip of no board here: its data sheet tells. */
async function askChip(asker: Asker, name: string): Promise<ChipDescription> {
  const core = await asker.ask(`core (${CORES.join(', ')}): `, (text) => {
    const wanted = text.toLowerCase().replace('+', 'plus');
    return CORES.includes(wanted) ? { value: wanted } : { wrong: `expected one of them${didYouMean(wanted, CORES)}` };
  });
  const flash = await asker.ask('flash (ADDRESS+SIZE, such as 0x08000000+512K): ', memoryArea('flash'));
  const ram = await asker.ask('RAM (such as 0x20000000+128K): ', memoryArea('ram'));
  const target = await asker.ask("OpenOCD's target script (such as stm32f4x; empty: none): ", (text) => ({
    value: text,
  }));
  const openocd = { transport: 'swd', target };
  return { name, vendor: '', core, memory: [flash, ram], source: 'answers', ...(target === '' ? {} : { openocd }) };
}

function notEmpty(what: string) {
  return (text: string) => (text === '' ? { wrong: `expected ${what}` } : { value: text });
}

function memoryArea(kind: 'flash' | 'ram') {
  return (text: string) => {
    const [base = '', size = ''] = text.split('+').map((part) => part.trim());
    if (parseAddress(base) === undefined || !parseSize(size))
      return { wrong: `found ${JSON.stringify(text)}, expected an address and a size, such as 0x20000000+64K` };
    return { value: { name: kind, kind, baseAddress: base, sizeBytes: size } };
  };
}

function fileName(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_|_$/g, '') || 'board'
  );
}
