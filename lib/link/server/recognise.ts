import { DeviceLostError, HarvestError, TargetError } from '../../errors/errors.js';
import { RspConnection } from '../rsp/rsp-connection.js';
import { listenerKind } from './listener.js';
import { SERVER_NAMES, type ServerAddress, type ServerKind } from './target.js';

/** A debug server that runs already, by what it answers. */
export interface RecognisedServer {
  readonly kind: ServerKind;
  /** What it calls itself; absent when it does not say. */
  readonly version?: string;
  /** OpenOCD: where its Tcl port is, `disabled`; absent for the others. */
  readonly tclPort?: number | 'disabled';
}

const REPLY_MS = 3_000;
const MONITOR_MS = 5_000;
/** These end when their first client leaves (pyOCD without --persist, J-Link with -singlerun): they are not asked. */
const NOT_ASKED: ReadonlySet<ServerKind> = new Set(['pyocd', 'jlink', 'probe-rs']);

/**
 * Which server listens there: by the program that holds the port, where the system tells it, and else by its answers; a port's number
 * proves nothing. The target is halted by it, as by every debugger that connects.
 * @throws TargetError HH1501 when nobody listens; DeviceLostError HH1552 when it does not answer
 */
export async function recogniseServer(address: ServerAddress): Promise<RecognisedServer> {
  const program = await listenerKind(address);
  if (program !== undefined && NOT_ASKED.has(program)) return { kind: program };
  const connection = await open(address);
  try {
    return await ask(connection);
  } catch (error) {
    // A server that refuses questions may still capture: it is only not known by name.
    if (error instanceof HarvestError && !(error instanceof DeviceLostError)) return { kind: program ?? 'generic' };
    throw error;
  } finally {
    connection.destroy();
  }
}

async function open({ host, port }: ServerAddress): Promise<RspConnection> {
  try {
    const connection = await RspConnection.open({ host, port, replyTimeoutMs: REPLY_MS });
    connection.acknowledges = true;
    return connection;
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new TargetError('HH1501', `debug server at ${host}:${port}: found no debug server: ${reason}`, {
      cause,
      remedy: 'start it, or let it be started: name the board with --board and leave --gdb-server out',
    });
  }
}

async function ask(connection: RspConnection): Promise<RecognisedServer> {
  await connection.request('qSupported:multiprocess-;swbreak+;hwbreak+;vContSupported+;xmlRegisters=arm');
  const steps = (await connection.request('qqemu.sstepbits')).toString('latin1');
  if (/^ENABLE=/.test(steps)) return { kind: 'qemu' };
  const version = await monitor(connection, 'version');
  const firstLine = version.split('\n')[0]?.trim() ?? '';
  if (/Open On-Chip Debugger/i.test(version)) {
    const port = (await monitor(connection, 'tcl_port')).trim();
    return { kind: 'openocd', version: firstLine, tclPort: /^\d+$/.test(port) ? Number(port) : 'disabled' };
  }
  if (/Black Magic Probe/i.test(version)) return { kind: 'blackmagic', version: firstLine };
  const help = await monitor(connection, 'help');
  if (/info - print session information/.test(help)) return { kind: 'probe-rs' };
  if (/pyocd|vector-catch/i.test(help + version)) return { kind: 'pyocd' };
  if (/J-?Link|SEGGER/i.test(help + version)) return { kind: 'jlink' };
  return { kind: 'generic' };
}

/** What a monitor command prints; empty for a server without it, or one that refuses it. */
async function monitor(connection: RspConnection, command: string): Promise<string> {
  let output = '';
  const request = `qRcmd,${Buffer.from(command, 'utf8').toString('hex')}`;
  const take = (text: string) => {
    output = (output + text).slice(0, 64 * 1024);
  };
  const reply = (await connection.requestWithConsole(request, take, MONITOR_MS)).toString('latin1');
  return /^([0-9a-f]{2})+$/i.test(reply) && reply.length > 4
    ? output + Buffer.from(reply, 'hex').toString('utf8')
    : output;
}

/** `OpenOCD 0.12.0 at 127.0.0.1:3333`. */
export function describeServer({ kind, version }: RecognisedServer, { host, port }: ServerAddress): string {
  const name =
    version === undefined ? SERVER_NAMES[kind] : version.replace(/^Open On-Chip Debugger/, 'OpenOCD').slice(0, 60);
  return `${name} at ${host}:${port}`;
}
