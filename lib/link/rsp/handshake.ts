import type { Architecture } from '../../arch/architecture.js';
import type { Bytes } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import { RegisterLayout } from './register-layout.js';
import type { RspConnection } from './rsp-connection.js';
import { describe } from './rsp-connection.js';
import { outOfStep } from './rsp-errors.js';
import { type MemoryRegion, type RegisterDescription, readMemoryMap, readTargetXml } from './target-xml.js';

/** What the server offers, asked once after connecting. */
export interface ServerFeatures {
  /** The longest payload that the server takes. */
  readonly packetBytes: Bytes;
  readonly noAckMode: boolean;
  /** Replies to reads may be binary (`x`, gdb 16's `binary-upload`). */
  readonly binaryReads: boolean;
  /** The actions of `vCont`: `c`, `s`...; empty when there is no `vCont`. */
  readonly vCont: ReadonlySet<string>;
  readonly layout: RegisterLayout;
  /** Undefined when the server has none (QEMU). */
  readonly memoryMap: readonly MemoryRegion[] | undefined;
}

/** What a packet may hold when the server does not say (gdb's own default). */
const DEFAULT_PACKET_BYTES = 400;
const MAX_XFER_BYTES = 1024 * 1024;
const OURS = 'qSupported:multiprocess-;swbreak+;hwbreak+;vContSupported+;binary-upload+;xmlRegisters=arm,riscv';

/**
 * Asks what the server can do, and reads the target description: QEMU 7.2 answers `p` and `P` with nothing until
 * that was read. Acknowledgements are turned off; where the server refuses that, `ackless` says that it can do
 * without (QEMU takes the next `$` for one, and stops a running target when it gets a late `+`).
 */
export async function negotiate(
  connection: RspConnection,
  ackless: boolean,
  architecture?: Architecture,
): Promise<ServerFeatures> {
  // Until it is agreed otherwise a server expects acknowledgements; a `+` now is harmless, the target is halted.
  connection.acknowledges = !ackless;
  const offered = parseSupported((await connection.request(OURS)).toString('latin1'));
  const noAckMode = (await connection.request('QStartNoAckMode')).toString('latin1') === 'OK';
  if (noAckMode) connection.acknowledges = false;
  const packetBytes = Math.max(64, Number.parseInt(offered.get('PacketSize') ?? '', 16) || DEFAULT_PACKET_BYTES);
  const read = (annex: string) => readXfer(connection, annex, packetBytes);
  const described = offered.has('qXfer:features:read')
    ? await readTargetXml(await read('features:read:target.xml'), (name) => read(`features:read:${name}`))
    : undefined;
  const layout = await layoutOf(connection, described, architecture);
  const memoryMap = offered.has('qXfer:memory-map:read') ? readMemoryMap(await read('memory-map:read:')) : undefined;
  const vCont = parseVCont((await connection.request('vCont?')).toString('latin1'));
  return { packetBytes, noAckMode, binaryReads: offered.has('binary-upload'), vCont, layout, memoryMap };
}

/** As the server describes its registers; OpenOCD for Xtensa describes none, or offers a description without any. */
async function layoutOf(
  connection: RspConnection,
  described: readonly RegisterDescription[] | undefined,
  architecture: Architecture | undefined,
): Promise<RegisterLayout> {
  const windows = architecture?.windows;
  const isDescribed = described !== undefined && described.length > 0;
  if (isDescribed || (described && !windows)) return RegisterLayout.from(described, architecture);
  if (!windows) return RegisterLayout.plain(architecture);
  const bytes = (await connection.request('g')).length / 2;
  const order = windows.orderOf(bytes);
  if (order) return RegisterLayout.plain(architecture, true, order);
  throw new TargetError(
    'HH2200',
    `${connection.where}: found a server that describes no registers and sends ${bytes} bytes of them, expected one whose order of them is known: OpenOCD or ESP-IDF's gdbstub of an ESP32, ESP32-S2 or ESP32-S3`,
  );
}

/** `PacketSize=1000;qXfer:features:read+;x-` as a map: values as text, `+` as '', what is refused left out. */
function parseSupported(reply: string): Map<string, string> {
  const offered = new Map<string, string>();
  for (const item of reply.split(';')) {
    const equals = item.indexOf('=');
    if (equals > 0) offered.set(item.slice(0, equals), item.slice(equals + 1));
    else if (item.endsWith('+')) offered.set(item.slice(0, -1), '');
  }
  return offered;
}

function parseVCont(reply: string): ReadonlySet<string> {
  return new Set(reply.startsWith('vCont') ? reply.split(';').slice(1) : []);
}

/** A whole `qXfer` object, in pieces that fit the server's packets. */
async function readXfer(connection: RspConnection, annex: string, packetBytes: Bytes): Promise<string> {
  const pieceBytes = packetBytes - 5;
  let text = '';
  for (;;) {
    const request = `qXfer:${annex}:${text.length.toString(16)},${pieceBytes.toString(16)}`;
    const reply = (await connection.request(request)).toString('latin1');
    const mark = reply[0];
    if ((mark !== 'm' && mark !== 'l') || text.length + reply.length > MAX_XFER_BYTES || reply === 'm') {
      const error = outOfStep(connection.where, describe(reply), `data of '${describe(request)}'`);
      connection.destroy(error);
      throw error;
    }
    text += reply.slice(1);
    if (mark === 'l') return text;
  }
}
