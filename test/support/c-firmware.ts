import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadBoard } from '../../lib/boards/load-board.js';
import { connect } from '../../lib/link/server/connect.js';
import { projectRoot } from './fixture.js';

/** Builds one variant of examples/firmware/sqlite or tasks where it is not yet, and returns the path of its ELF file. */
export function cFirmware(name: 'sqlite' | 'tasks', variables: Readonly<Record<string, string | number>>): string {
  const folder = join(projectRoot, 'examples', 'firmware', name);
  const args = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
  execFileSync('make', ['-s', '-C', folder, ...args], { timeout: 600_000, stdio: ['ignore', 'ignore', 'inherit'] });
  const path = execFileSync('make', ['-s', '-C', folder, 'path', ...args], { encoding: 'utf8' });
  return join(folder, path.trim());
}

/**
 * Runs a REFERENCE=1 build without a debugger, and returns the lines that its wrapped allocator prints, up to the text that
 * says that it is done.
 */
export async function referenceLines(elf: string, until: string, boardName = 'qemu-mps2-an385'): Promise<string[]> {
  const board = await loadBoard(boardName);
  await using target = await connect(board, { elf });
  target.lost.catch(() => undefined);
  let text = '';
  const { port, host } = target.server;
  const { RspClient } = await import('../../lib/link/rsp/rsp-client.js');
  const client = await RspClient.connect({ host, port, ackless: true });
  const running = client.run();
  running.catch(() => undefined);
  for await (const chunk of target.console ?? []) {
    text += chunk;
    if (text.includes(until)) break;
  }
  await client.detach(false);
  return text.split(/\r?\n/).filter((line) => /^#[A-Z]/.test(line));
}
