import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  allBoards,
  type Board,
  boardFileOf,
  chipNamed,
  chipsIn,
  ExitCode,
  formatBytes,
  loadBoard,
  OutputError,
  parseBoard,
  sanitize,
  UsageError,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { readInput } from '../input-file.js';
import { printJson } from '../json-output.js';
import { type MakeArgs, newBoard } from './boards-new.js';

export const boardsCommand = defineCommand({
  name: 'boards [action] [subject]',
  describe: 'List the boards, show one, or make a board file of a chip description',
  examples: [
    ['harvest boards', 'all of them'],
    ['harvest boards show metro_m0_express', 'one: memory, servers, how far it was tried'],
    [
      'harvest boards import board.cfg -o harvest-boards/mine.json',
      'from an OpenOCD script, a .pdsc or JLinkDevices.xml',
    ],
  ],
  options: (set) =>
    set
      .positional('action', { type: 'string', describe: 'show, import, new; or a board', values: 'board' })
      .positional('subject', {
        type: 'string',
        describe: 'show: a board or board file; import: the file',
        values: 'board',
      })
      .option('device', { type: 'string', describe: 'import: which device of the file' })
      .option('mcu', {
        type: 'string',
        describe: 'new: the chip; one that a board here has is the pattern (without it: asks)',
      })
      .option('title', { type: 'string', describe: 'import, new: what people call the board' })
      .option('out', { type: 'string', alias: 'o', describe: 'import, new: the file to write (default: shown)' }),
  run: async (args, context) => {
    switch (args.action) {
      case undefined:
        return listAll(context);
      case 'show':
        return showOne(needed(args.subject, 'a board'), context);
      case 'import':
        return await importBoard(needed(args.subject, 'a file'), args, context);
      case 'new':
        return await newBoard(args, context, give);
      default:
        return showOne(args.action, context);
    }
  },
});

function needed(subject: string | undefined, what: string): string {
  if (subject !== undefined) return subject;
  throw new UsageError('HH1106', `harvest boards: found no subject, expected ${what}`, {
    remedy: '`harvest boards --help` shows examples',
  });
}

async function listAll(context: Context): Promise<ExitCode> {
  const boards = await allBoards();
  if (context.json) printJson({ schema: 'heap-harvest/boards@1', boards }, context, 2);
  else list(boards, context);
  return ExitCode.ok;
}

async function showOne(name: string, context: Context): Promise<ExitCode> {
  const board = await loadBoard(name);
  if (context.json) printJson({ schema: 'heap-harvest/board@1', board }, context, 2);
  else show(board, context);
  return ExitCode.ok;
}

async function importBoard(path: string, args: MakeArgs, context: Context): Promise<ExitCode> {
  const text = Buffer.from(await readInput(path, 'HH1105')).toString('utf8');
  const chip = chipNamed(chipsIn(text, path), args.device, path);
  return await give(boardFileOf(chip, args.title), args, context);
}

/** Shows the file, or writes it; one that our own reader refuses is never given. */
async function give(text: string, { out }: MakeArgs, context: Context): Promise<ExitCode> {
  parseBoard(text, 'new');
  if (out === undefined) {
    context.out(text);
    return ExitCode.ok;
  }
  try {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, text, { flag: 'wx' });
  } catch (cause) {
    throw new OutputError('HH1543', `${out}: cannot be written`, { cause, remedy: 'a file that is there is kept' });
  }
  if (!context.quiet) context.err(`written to ${sanitize(out)}; next: harvest boards show ${sanitize(out)}\n`);
  return ExitCode.ok;
}

function list(boards: readonly Board[], context: Context): void {
  const width = Math.max(...boards.map(({ name }) => name.length));
  const servers = boards.map(serversOf);
  const serverWidth = Math.max(...servers.map(({ length }) => length));
  boards.forEach((board, i) => {
    const server = (servers[i] ?? '').padEnd(serverWidth);
    context.out(`${board.name.padEnd(width)}  ${server}  ${board.verified.padEnd(11)}  ${board.title}\n`);
  });
}

function serversOf(board: Board): string {
  if (!board.debug) return 'no debug pads';
  return Object.keys(board.servers).join(', ') || '--gdb-server';
}

function show(board: Board, context: Context): void {
  const { mcu, comparators, servers } = board;
  context.out(`${board.title} (${board.name}), ${board.verified}\n`);
  context.out(
    `  ${mcu.name}, ${mcu.core}, ${comparators.breakpoints} breakpoints, ${comparators.watchpoints} watchpoints\n`,
  );
  for (const area of board.memory) {
    const at = `0x${area.baseAddress.toString(16).padStart(8, '0')}`;
    context.out(`  ${area.kind.padEnd(5)} ${at}  ${formatBytes(area.sizeBytes)}  ${area.name}\n`);
  }
  if (board.memory.length === 0) context.out('  memory: taken from the ELF file\n');
  if (servers.qemu) context.out(`  QEMU     -machine ${servers.qemu.machine} ${servers.qemu.args.join(' ')}\n`);
  if (servers.openocd) {
    const { port, flavor, board: script, target, interface: driver } = servers.openocd;
    const by = driver === undefined ? 'the interface of the probe' : driver;
    context.out(`  OpenOCD  :${port}, ${script ?? target}, ${by}, build ${flavor}\n`);
  }
  if (servers.jlink) context.out(`  J-Link   :${servers.jlink.port}, ${servers.jlink.device}\n`);
  if (servers.pyocd) context.out(`  pyOCD    :${servers.pyocd.port}, ${servers.pyocd.target}\n`);
  if (servers.probeRs) context.out(`  probe-rs :${servers.probeRs.port}, ${servers.probeRs.chip}\n`);
  for (const { vid, pid, role } of board.usb) context.out(`  USB      ${vid}:${pid}, ${role}\n`);
  if (!board.debug) context.out('  no debug pads\n');
  for (const note of board.notes) context.out(`  ${note}\n`);
}
