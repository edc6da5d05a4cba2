import type { Milliseconds } from '../../../lib/base/units.js';
import { RspClient } from '../../../lib/link/rsp/rsp-client.js';
import { startBitbangServer } from './bitbang-server.js';
import { CortexMDebug } from './cortex-m-debug.js';
import { DebugPort } from './debug-port.js';
import { startPirateServer } from './pirate-server.js';
import { Tap } from './tap.js';

export interface ProbeServer extends AsyncDisposable {
  /** OpenOCD's configuration of the probe: its driver, and where it is; a command a line. */
  readonly adapter: string;
  /** What the chip does, and how many of its comparators are armed. */
  readonly chipState: () => CortexMDebug['state'];
  /** Somebody presses the board's reset button while its firmware runs. */
  readonly pressReset: () => Promise<void>;
}

export interface ProbeOptions {
  /** Whether the chip runs before any debugger connects, as boards do; default false. */
  readonly runs?: boolean;
  /** How long each scan takes, as through a slow adapter or on a machine that is busy; undefined for one that packs many scans. */
  readonly exchangeMs?: () => Milliseconds;
  /** Whether another OpenOCD was started since this was asked last. */
  readonly isAnother?: () => boolean;
}

/** A JTAG probe that OpenOCD can drive, with a halted emulator's gdb server as its chip. */
export async function startProbeServer(
  emulatorPort: number,
  { runs = false, exchangeMs, isAnother }: ProbeOptions = {},
): Promise<ProbeServer> {
  const emulator = await RspClient.connect({ host: '127.0.0.1', port: emulatorPort, ackless: true });
  const chip = new CortexMDebug(emulator);
  if (runs) await chip.resume();
  const tap = new Tap(new DebugPort(chip));
  const server = exchangeMs ? await startBitbangServer(tap, exchangeMs) : await startPirateServer(tap, isAnother);
  return {
    adapter: exchangeMs
      ? `adapter driver remote_bitbang\nremote_bitbang host ${server.path}`
      : `adapter driver buspirate\nbuspirate port ${server.path}`,
    chipState: () => chip.state,
    pressReset: () => chip.pressReset(),
    async [Symbol.asyncDispose]() {
      emulator.connection.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
