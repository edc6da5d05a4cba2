import { type Board, boardNames, ExitCode, formatBytes, loadBoard } from '../../lib/public/index.js';
import { type Context, defineCommand } from '../context.js';

export const boardsCommand = defineCommand({
  name: 'boards [name]',
  describe: 'List the boards, or show one',
  examples: [
    ['harvest boards', 'all of them'],
    ['harvest boards metro_m0_express', 'one: memory, servers, how far it was tried'],
    ['harvest boards --json', 'the board files, whole'],
  ],
  options: (set) => set.positional('name', { type: 'string', describe: 'a board or a board file', values: 'board' }),
  run: async (args, context) => {
    const names = args.name === undefined ? await boardNames() : [args.name];
    const boards = await Promise.all(names.map((name) => loadBoard(name)));
    if (context.json) context.out(`${JSON.stringify(args.name === undefined ? boards : boards[0], undefined, 2)}\n`);
    else if (args.name === undefined) list(boards, context);
    else for (const board of boards) show(board, context);
    return ExitCode.ok;
  },
});

function list(boards: readonly Board[], context: Context): void {
  const width = Math.max(...boards.map(({ name }) => name.length));
  const servers = boards.map((board) => Object.keys(board.servers).join(', ') || '--gdb-server');
  const serverWidth = Math.max(...servers.map(({ length }) => length));
  boards.forEach((board, i) => {
    const server = (servers[i] ?? '').padEnd(serverWidth);
    context.out(`${board.name.padEnd(width)}  ${server}  ${board.verified.padEnd(10)}  ${board.title}\n`);
  });
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
  if (servers.qemu) context.out(`  QEMU     -machine ${servers.qemu.machine} ${servers.qemu.args.join(' ')}\n`);
  if (servers.openocd)
    context.out(`  OpenOCD  :${servers.openocd.port}, ${servers.openocd.board ?? servers.openocd.target}\n`);
  if (servers.jlink) context.out(`  J-Link   :${servers.jlink.port}, ${servers.jlink.device}\n`);
  for (const note of board.notes) context.out(`  ${note}\n`);
}
