import { closeSync, constants, openSync } from 'node:fs';
import { ptyDevice } from '../pty.js';
import type { Tap } from './tap.js';

/** What OpenOCD says to a Bus Pirate (the manual of its firmware, "Bitbang" and "OpenOCD JTAG mode"). */
const Command = { none: 0x00, portMode: 0x01, feature: 0x02, tapShift: 0x05, enterJtag: 0x06 } as const;
const BITBANG = 'BBIO1';
const JTAG = 'OCD1';
const SHIFT_HEADER_BYTES = 3;

export interface PirateServer extends AsyncDisposable {
  /** The serial port for OpenOCD's `buspirate port`. */
  readonly path: string;
}

/**
 * A JTAG probe at a serial port (`adapter driver buspirate`). OpenOCD sends it up to 32 scans at once, packed, where `remote_bitbang`
 * costs a system call for each bit that is read and an answer for each scan: 30 ms of processor time an event, by which no capture
 * could show how fast it is.
 */
export async function startPirateServer(tap: Tap, isAnother = () => false): Promise<PirateServer> {
  let pending: Buffer = Buffer.alloc(0);
  let isJtag = false;
  let busy = false;

  /** The bytes of the command that stands first, or undefined when not all of it is there. */
  const commandBytes = (): number | undefined => {
    const [command] = pending;
    if (!isJtag || command === undefined) return pending.length > 0 ? 1 : undefined;
    if (command === Command.portMode) return 2;
    if (command === Command.feature) return 3;
    if (command !== Command.tapShift) return 1;
    return pending.length < SHIFT_HEADER_BYTES ? undefined : SHIFT_HEADER_BYTES + 2 * Math.ceil(bitsOf(pending) / 8);
  };

  const answer = async (command: Buffer): Promise<Buffer | string | undefined> => {
    if (isJtag && command[0] === Command.tapShift) return await shift(tap, command);
    if (isJtag && command[0] !== Command.none) return undefined;
    // Twenty zeros ask once.
    isJtag = command[0] === Command.enterJtag;
    if (isJtag) return JTAG;
    while (pending[0] === Command.none) pending = pending.subarray(1);
    return command[0] === Command.none ? BITBANG : undefined;
  };

  const work = async () => {
    busy = true;
    for (let bytes = commandBytes(); bytes !== undefined && pending.length >= bytes; bytes = commandBytes()) {
      const command = pending.subarray(0, bytes);
      pending = pending.subarray(bytes);
      const reply = await answer(command);
      // OpenOCD waits for each answer: where more has come, the one who asked is dead, and the next must not get what was for him.
      if (reply !== undefined && pending.length === 0) device.send(reply);
    }
    busy = false;
  };

  const device = await ptyDevice((bytes) => {
    if (isAnother()) {
      // One that was killed may have left half a command, into which the next one's greeting would go. A real probe is plugged in again then.
      pending = Buffer.alloc(0);
      isJtag = false;
    }
    pending = Buffer.concat([pending, bytes]);
    if (!busy) work().catch(() => void device.unplug());
  });
  // As long as somebody has it open, the port outlives an OpenOCD that is killed.
  const held = openSync(device.path, constants.O_RDWR | constants.O_NOCTTY);
  return {
    path: device.path,
    async [Symbol.asyncDispose]() {
      closeSync(held);
      await device[Symbol.asyncDispose]();
    },
  };
}

function bitsOf(command: Buffer): number {
  return command.readUInt16BE(1);
}

/** For each eight bits a byte of tdi and one of tms, lowest bit first; what tdo was before each of them goes back. */
async function shift(tap: Tap, command: Buffer): Promise<Buffer> {
  const bits = bitsOf(command);
  const reply = Buffer.alloc(SHIFT_HEADER_BYTES + Math.ceil(bits / 8));
  command.copy(reply, 0, 0, SHIFT_HEADER_BYTES);
  for (let bit = 0; bit < bits; bit++) {
    const at = bit >>> 3;
    const mask = 1 << (bit & 7);
    if (tap.tdo === 1) reply[SHIFT_HEADER_BYTES + at] = (reply[SHIFT_HEADER_BYTES + at] ?? 0) | mask;
    const tdi = ((command[SHIFT_HEADER_BYTES + 2 * at] ?? 0) & mask) === 0 ? 0 : 1;
    const tms = ((command[SHIFT_HEADER_BYTES + 2 * at + 1] ?? 0) & mask) === 0 ? 0 : 1;
    const work = tap.clock(tms, tdi);
    if (work) await work;
  }
  return reply;
}
