import { OpenocdPoke } from '../gdb/openocd-poke.js';
import { RspClient, type RspClientOptions } from '../gdb/rsp/rsp-client.js';
import type { Target } from '../targets/target.js';
import type { Address } from '../units.js';
import type { MemoryRange } from './stack-window.js';

/** How the engines reach the server of a target. */
export function clientOptions(target: Target): RspClientOptions {
  return {
    ...target.server,
    ackless: target.kind === 'qemu',
    maySoftwareBreakpoint: (address) => ramRanges(target).some((range) => contains(range, address)),
  };
}

/** Connects, and brings the target to where the capture starts: reset and halted, as its commands say. */
export async function openClient(target: Target, signal: AbortSignal): Promise<RspClient> {
  const client = await RspClient.connect(clientOptions(target), signal);
  try {
    for (const command of target.resetCommands) await client.monitor(command);
    return client;
  } catch (error) {
    await client.detach().catch(() => undefined);
    throw error;
  }
}

/** OpenOCD's Tcl port, where there is one; undefined otherwise, or when it does not answer (the capture is slower then). */
export async function openPoke(target: Target, signal: AbortSignal): Promise<OpenocdPoke | undefined> {
  if (target.tclPort === undefined) return undefined;
  const { host } = target.server;
  return await OpenocdPoke.open({ host, port: target.tclPort }, signal).catch(() => undefined);
}

export function ramRanges(target: Target): MemoryRange[] {
  const ram = target.board.memory.filter((area) => area.kind === 'ram');
  return ram.map((area) => ({ address: area.baseAddress, length: area.sizeBytes }));
}

/**
 * The end of the main stack: a Cortex-M loads it from the first word of its vector table.
 * Undefined for other cores, or when that word is no address at the end of something in RAM.
 */
export async function initialStackPointer(client: RspClient, target: Target): Promise<Address | undefined> {
  const { board } = target;
  if (!/cortex-m/i.test(board.mcu.core)) return undefined;
  const base = board.applicationAddress ?? board.memory.find((area) => area.kind === 'flash')?.baseAddress;
  if (base === undefined) return undefined;
  const bytes = await client.readMemory(base, 4).catch(() => undefined);
  if (!bytes) return undefined;
  const top = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return top % 4 === 0 && ramRanges(target).some((range) => contains(range, top - 4)) ? top : undefined;
}

/**
 * After the link got out of step: connects once more only to take the breakpoints away, which may be tried as often as one
 * likes. Never throws, and takes at most some seconds; returns whether it worked.
 */
export async function removeLeftovers(target: Target, addresses: readonly Address[]): Promise<boolean> {
  const options = {
    ...clientOptions(target),
    connectTimeoutMs: 1_000,
    replyTimeoutMs: 1_000,
    interruptTimeoutMs: 1_000,
  };
  try {
    const client = await RspClient.connect(options);
    for (const address of addresses) {
      for (const type of [0, 1]) await client.connection.request(`z${type},${address.toString(16)},2`);
    }
    await client.detach();
    return true;
  } catch {
    return false;
  }
}

function contains(range: MemoryRange, address: Address): boolean {
  return address >= range.address && address < range.address + range.length;
}
