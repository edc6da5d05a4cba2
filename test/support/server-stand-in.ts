import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempFolder } from './temp-folder.js';

export interface StandIn {
  /** What it prints, as the real server does; on stderr. */
  readonly says: string;
  /** Ends with this status after its words; absent: it stays until it is told to end. */
  readonly exit?: number;
  /** Listens on the port that follows this argument, or that ends it (`127.0.0.1:1337`). */
  readonly portAfter?: string;
  /** Does not end by SIGTERM, as a server that is stuck in its probe. */
  readonly stuck?: boolean;
}

const program = (node: string, { says, exit, portAfter, stuck }: StandIn) => `#!${node}
const args = process.argv.slice(2);
if (${stuck === true}) process.on('SIGTERM', () => undefined);
require('node:fs').writeFileSync(__filename + '.args', JSON.stringify(args));
require('node:fs').writeFileSync(__filename + '.pid', String(process.pid));
process.stderr.write(${JSON.stringify(says)}.replaceAll(/\\bPORT\\b/g, String(portOf(${JSON.stringify(portAfter ?? '-port')}))));
function portOf(name) {
  return Number(/(\\d+)$/.exec(args[args.indexOf(name) + 1] ?? '')?.[1] ?? 0);
}
if (${portAfter !== undefined}) require('node:net').createServer().listen(portOf(${JSON.stringify(portAfter ?? '')}), '127.0.0.1');
if (${exit !== undefined}) setTimeout(() => process.exit(${exit ?? 0}), 30);
else setInterval(() => undefined, 1000);
`;

/** A program that speaks as a debug server that cannot be had here. Its arguments are written beside it. */
export function serverStandIn(t: ExecutionContext, standIn: StandIn): string {
  const path = join(tempFolder(t), 'server.cjs');
  writeFileSync(path, program(process.execPath, standIn));
  chmodSync(path, 0o755);
  return path;
}
