import { randomInt } from 'node:crypto';
import { DeviceLostError, HarvestError, TargetError } from '../../errors/errors.js';
import { RspConnection } from '../rsp/rsp-connection.js';
import { listenerKind, listenerName } from './listener.js';
import { OpenocdTcl } from './openocd-tcl.js';
import { SERVER_NAMES, type ServerAddress, type ServerKind } from './target.js';

/** A debug server that runs already, by what it answers. */
export interface RecognisedServer {
  readonly kind: ServerKind;
  /** What it calls itself; absent when it does not say. */
  readonly version?: string;
  /** OpenOCD: its Tcl port; absent when it is off, or none of those that were tried. */
  readonly tclPort?: number;
}

const REPLY_MS = 3_000;
const MONITOR_MS = 5_000;
/** These end when their first client leaves (pyOCD without --persist, J-Link with -singlerun): they are not asked. */
const NOT_ASKED: ReadonlySet<ServerKind> = new Set(['pyocd', 'jlink', 'probe-rs']);

/** OpenOCD's own default. */
const TCL_PORT = 6666;

/**
 * Which server listens there: by the program that holds the port, where the system tells it, and else by its answers; a port's number
 * proves nothing. The target is halted by it, as by every debugger that connects. OpenOCD does not tell its Tcl port once it runs:
 * `tclPorts` are tried.
 * @throws TargetError HH1501 when nobody listens, HH1862 when who listens is no debug server; DeviceLostError HH1552 when one does not
 * answer
 */
export async function recogniseServer(
  address: ServerAddress,
  tclPorts: readonly number[] = [TCL_PORT],
): Promise<RecognisedServer> {
  const program = await listenerKind(address);
  if (program !== undefined && NOT_ASKED.has(program)) return { kind: program };
  const connection = await open(address);
  try {
    return await ask(connection, { host: address.host, tclPorts });
  } catch (error) {
    // A server that refuses questions may still capture: it is only not known by name.
    if (error instanceof HarvestError && !(error instanceof DeviceLostError)) return { kind: program ?? 'generic' };
    if (program !== undefined || !(error instanceof DeviceLostError)) throw error;
    throw await noDebugServer(address, error);
  } finally {
    connection.destroy();
  }
}

/** Whoever listens there does not speak the protocol. */
async function noDebugServer(address: ServerAddress, cause: DeviceLostError): Promise<TargetError> {
  const who = (await listenerName(address)) ?? 'who listens there';
  return new TargetError(
    'HH1862',
    `${address.host}:${address.port}: found no debug server: ${who} does not speak its protocol: ${cause.message}`,
    {
      cause,
      remedy: 'give the port of the debug server; one that serves another debugger may be silent, too: end that one',
    },
  );
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
      remedy: 'start it, or let it be started: name the board with options.board and leave options.gdbServer out',
    });
  }
}

interface TclPlaces {
  readonly host: string;
  readonly tclPorts: readonly number[];
}

async function ask(connection: RspConnection, places: TclPlaces): Promise<RecognisedServer> {
  await connection.request('qSupported:multiprocess-;swbreak+;hwbreak+;vContSupported+;xmlRegisters=arm');
  const steps = (await connection.request('qqemu.sstepbits')).toString('latin1');
  if (/^ENABLE=/.test(steps)) return { kind: 'qemu' };
  const version = await monitor(connection, 'version');
  const firstLine = version.split('\n')[0]?.trim() ?? '';
  if (/Open On-Chip Debugger/i.test(version)) {
    const tclPort = await findTclPort(connection, places);
    return { kind: 'openocd', version: firstLine, ...(tclPort === undefined ? {} : { tclPort }) };
  }
  if (/Black Magic Probe/i.test(version)) return { kind: 'blackmagic', version: firstLine };
  const help = await monitor(connection, 'help');
  if (/info - print session information/.test(help)) return { kind: 'probe-rs' };
  if (/pyocd|vector-catch/i.test(help + version)) return { kind: 'pyocd' };
  if (/J-?Link|SEGGER/i.test(help + version)) return { kind: 'jlink' };
  return { kind: 'generic' };
}

/** The port on which the same OpenOCD answers: another one may run, so that a number is left in this one and looked for there. */
async function findTclPort(connection: RspConnection, { host, tclPorts }: TclPlaces): Promise<number | undefined> {
  const mark = String(randomInt(1_000_000_000));
  await monitor(connection, `set ::heap_harvest_mark ${mark}`);
  for (const port of new Set(tclPorts)) {
    const tcl = await OpenocdTcl.open({ host, port }).catch(() => undefined);
    const found = await tcl?.ask('set ::heap_harvest_mark');
    await tcl?.[Symbol.asyncDispose]();
    if (found?.trim() === mark) return port;
  }
  return undefined;
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
