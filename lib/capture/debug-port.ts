import type { Address } from '../base/units.js';
import { architectureOf, refuseArmState, refuseMachine } from '../firmware/capturable.js';
import type { DebugLink } from '../link/debug-link.js';
import { findGdb } from '../link/mi/find-gdb.js';
import type { Target } from '../link/server/target.js';
import { WAIT_MS } from '../link/waits.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { DirectConnection } from './direct/direct-connection.js';
import { constantCode } from './direct/pass-breakpoint.js';
import { RspLink } from './direct/rsp-link.js';
import type { CodePoint } from './engine.js';
import { openMiLink } from './gdb/gdb-engine.js';

/** A halted target whose memory is read and written while it runs from breakpoint to breakpoint. */
export interface DebugPort extends DebugLink {
  writeMemory(address: Address, bytes: Uint8Array): Promise<void>;
}

/** How a target's memory is reached. */
export interface DebugPorts {
  readonly engine: 'direct' | 'gdb';
  open(target: Target, signal: AbortSignal): Promise<DebugPort>;
}

/**
 * The way to a program's memory: the remote serial protocol, on any instruction set that captures know; through `gdb` where one is named.
 * `points`: where it will be stopped.
 * @throws SymbolError HH1314 to HH1316, HH1362 for programs that no capture can handle; ToolMissingError HH1801 when the gdb does not run
 */
export async function debugPorts(
  firmware: Symbolizer,
  elf: string,
  { gdb, points = [] }: { readonly gdb?: string | undefined; readonly points?: readonly CodePoint[] } = {},
): Promise<DebugPorts> {
  refuseMachine(firmware, elf);
  const architecture = architectureOf(firmware, elf);
  refuseArmState(firmware, points, elf);
  if (gdb === undefined) return { engine: 'direct', open: (target, signal) => openRspLink(target, firmware, signal) };
  const program = await findGdb(gdb, architecture);
  return { engine: 'gdb', open: (target) => openMiLink(program, target) };
}

async function openRspLink(target: Target, firmware: Symbolizer, signal: AbortSignal): Promise<RspLink> {
  const connection = await DirectConnection.open(target, firmware, { quietMs: WAIT_MS.quiet, signal });
  const options = { words: [], isConstant: constantCode(firmware), keepSamples: false };
  return new RspLink(connection, options, connection);
}
