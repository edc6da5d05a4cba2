import type { Architecture } from '../../arch/architecture.js';
import { type Address, formatAddress, type Milliseconds } from '../../base/units.js';
import { errorMessage, TargetError } from '../../errors/errors.js';
import { architectureOf } from '../../firmware/capturable.js';
import { stackTopsByName } from '../../firmware/firmware-memory.js';
import { type ImagePart, loadImage, verifyImage } from '../../link/rsp/image-access.js';
import { OpenocdPoke } from '../../link/rsp/openocd-poke.js';
import { RspClient, type RspClientOptions } from '../../link/rsp/rsp-client.js';
import { afterCommands } from '../../link/server/farewell.js';
import { letsGo, SERVER_NAMES, type Target } from '../../link/server/target.js';
import { QuietTimes } from '../../link/waits.js';
import type { ElfFile } from '../../symbols/elf-file.js';
import { SectionFlag, SectionType, SegmentType } from '../../symbols/elf-tables.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import { knownMemory } from './readable-memory.js';
import type { MemoryRange } from './stack-window.js';

export interface LinkOptions {
  /** After how long without a stop the user is told what the target does; absent: nobody waits for it. */
  readonly quietMs?: Milliseconds;
  readonly replyTimeoutMs?: Milliseconds;
  readonly interruptTimeoutMs?: Milliseconds;
}

/** How a target's server is reached. */
function clientOptions(
  target: Target,
  { quietMs, replyTimeoutMs, interruptTimeoutMs }: LinkOptions,
  architecture?: Architecture,
): RspClientOptions {
  return {
    ...target.server,
    ...(architecture ? { architecture } : {}),
    ...(quietMs === undefined ? {} : { quiet: new QuietTimes(quietMs) }),
    ...(replyTimeoutMs === undefined ? {} : { replyTimeoutMs }),
    ...(interruptTimeoutMs === undefined ? {} : { interruptTimeoutMs }),
    ackless: target.kind === 'qemu',
    maySoftwareBreakpoint: (address) => ramRanges(target).some((range) => contains(range, address)),
  };
}

/**
 * Connects, and brings the target to where the capture starts: reset and halted, loaded and verified, as the target says.
 * @throws TargetError HH1502 (reset), HH1503 (load), HH1504 (it runs another firmware) and those of the client
 */
export async function openClient(
  target: Target,
  firmware: Symbolizer,
  options: LinkOptions & { readonly signal: AbortSignal },
): Promise<RspClient> {
  const { elfFile } = firmware;
  const client = await RspClient.connect(clientOptions(target, options, architectureOf(firmware)), options.signal);
  try {
    await reset(client, target);
    if (target.orders.load) {
      await loadImage(client, loadParts(elfFile));
      await reset(client, target);
    }
    if (target.orders.verify) await verifyImage(client, codeParts(elfFile));
    return client;
  } catch (error) {
    await client.detach(letsGo(target), afterCommands(target)).catch(() => undefined);
    throw error;
  }
}

async function reset(client: RspClient, target: Target): Promise<void> {
  for (const command of target.orders.resetCommands) {
    try {
      await client.monitor(command);
    } catch (cause) {
      const message = errorMessage(cause);
      throw new TargetError('HH1502', `${SERVER_NAMES[target.kind]}: monitor ${command}: ${message}`, { cause });
    }
  }
}

/** What `load` writes: the loaded segments, at their physical addresses (where the start-up code copies data from). */
function loadParts(elfFile: ElfFile): ImagePart[] {
  const segments = elfFile.segments.filter((segment) => segment.type === SegmentType.load && segment.fileBytes > 0);
  return segments.map(({ physicalAddress, offset, fileBytes }) => ({
    name: `segment at ${formatAddress(physicalAddress)}`,
    address: physicalAddress,
    bytes: elfFile.bytes.subarray(offset, offset + fileBytes),
  }));
}

/**
 * What must be the same in the target: sections with contents that the program does not write to, at the place that they are loaded to:
 * code that runs in RAM is there only when the start-up code has copied it.
 */
function codeParts(elfFile: ElfFile): ImagePart[] {
  const { alloc, write } = SectionFlag;
  const constant = elfFile.sections.filter(
    ({ flags, type }) => (flags & alloc) !== 0 && (flags & write) === 0 && type !== SectionType.nobits,
  );
  return constant.map((section) => ({
    name: section.name,
    address: elfFile.loadAddress(section),
    bytes: elfFile.contentsOf(section),
  }));
}

/** OpenOCD's Tcl port, where there is one; undefined otherwise, or when it does not answer (the capture is slower then). */
export async function openPoke(target: Target, signal: AbortSignal): Promise<OpenocdPoke | undefined> {
  if (target.tclPort === undefined) return undefined;
  const { host } = target.server;
  return await OpenocdPoke.open({ host, port: target.tclPort }, signal).catch(() => undefined);
}

function ramRanges(target: Target): MemoryRange[] {
  const ram = target.board.memory.filter((area) => area.kind === 'ram');
  return ram.map((area) => ({ address: area.baseAddress, length: area.sizeBytes }));
}

/**
 * The ends of stacks, as far as they are known: a Cortex-M loads that of the main stack from the first word of its vector table; on
 * architectures without one the linker's symbols tell. A bootloader's table may tell of another stack: what is said here is believed
 * when stacks were seen to end there.
 * Empty when nothing tells, or what tells is no address at the end of some memory.
 */
export async function knownStackTops(client: RspClient, target: Target, firmware: Symbolizer): Promise<Address[]> {
  const isEnd = (top: Address) => knownMemory(target.board, firmware.elfFile).some((range) => contains(range, top - 4));
  if (!client.architecture.hasStackInVectors) return stackTopsByName(firmware).filter(isEnd);
  const top = await initialStackPointer(client, target);
  return top !== undefined && top % 4 === 0 && isEnd(top) ? [top] : [];
}

async function initialStackPointer(client: RspClient, { board }: Target): Promise<Address | undefined> {
  if (!/cortex-m/i.test(board.mcu.core)) return undefined;
  const base = board.applicationAddress ?? board.memory.find((area) => area.kind === 'flash')?.baseAddress;
  if (base === undefined) return undefined;
  const bytes = await client.readMemory(base, 4).catch(() => undefined);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

/**
 * After the link got out of step: connects once more only to take the breakpoints away, which may be tried as often as one
 * likes. Never throws, and takes at most some seconds; returns whether it worked.
 */
export async function removeLeftovers(
  target: Target,
  addresses: readonly Address[],
  { quietMs: _, ...link }: LinkOptions = {},
): Promise<boolean> {
  const short = { replyTimeoutMs: 1_000, interruptTimeoutMs: 1_000, ...link };
  const options = { ...clientOptions(target, short), connectTimeoutMs: 1_000 };
  try {
    const client = await RspClient.connect(options);
    for (const address of addresses) {
      for (const type of [0, 1]) await client.connection.request(`z${type},${address.toString(16)},2`);
    }
    await client.detach(letsGo(target), afterCommands(target));
    return true;
  } catch {
    return false;
  }
}

function contains(range: MemoryRange, address: Address): boolean {
  return address >= range.address && address < range.address + range.length;
}
