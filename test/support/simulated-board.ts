import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProbeOptions, type ProbeServer, startProbeServer } from './jtag-probe/probe-server.js';
import { onlyOne } from './only-one.js';
import { startQemu } from './qemu-server.js';

export interface SimulatedBoard extends AsyncDisposable {
  /** OpenOCD's configuration of the simulated probe: its interface and transport. */
  readonly interfaceFile: string;
  /** A folder with a program `openocd`: the real one, on this probe instead of the one that it is told of. */
  readonly programFolder: string;
  /** The environment in which `openocd` is that program. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the chip at once, as if its power went. */
  readonly killChip: () => void;
  /** What the chip itself does, whatever anybody says of it. */
  readonly chipState: ProbeServer['chipState'];
  readonly pressReset: ProbeServer['pressReset'];
  readonly killProbe: () => Promise<void>;
}

/** Only what cannot be here is replaced: the interface and its transport. */
const wrapper = (interfaceFile: string, begun: string) => `#!/bin/sh
: > '${begun}'
for argument do
  shift
  case "$argument" in
    interface/*.cfg) argument='${interfaceFile}' ;;
    'transport select '*) argument='transport select jtag' ;;
  esac
  set -- "$@" "$argument"
done
exec /usr/bin/openocd "$@"
`;

/**
 * A board on a debug probe, as far as it can be had without either: a real OpenOCD drives a simulated JTAG probe, whose chip is an
 * emulator that runs the firmware.
 */
export async function simulatedBoard(
  machine: string,
  elf: string,
  options: ProbeOptions = {},
): Promise<SimulatedBoard> {
  const turn = await onlyOne();
  try {
    const board = await poweredBoard(machine, elf, options);
    return {
      ...board,
      async [Symbol.asyncDispose]() {
        try {
          await board[Symbol.asyncDispose]();
        } finally {
          await turn[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await turn[Symbol.asyncDispose]();
    throw error;
  }
}

async function poweredBoard(machine: string, elf: string, options: ProbeOptions): Promise<SimulatedBoard> {
  const chip = await startQemu(machine, elf, ['-icount', 'shift=0']);
  const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-board-'));
  const begun = join(folder, 'begun');
  const isAnother = () => {
    const is = existsSync(begun);
    if (is) rmSync(begun);
    return is;
  };
  const probe = await startProbeServer(chip.port, { ...options, isAnother });
  const interfaceFile = join(folder, 'simulated.cfg');
  writeFileSync(interfaceFile, `${probe.adapter}\n`);
  const program = join(folder, 'openocd');
  writeFileSync(program, wrapper(interfaceFile, begun));
  chmodSync(program, 0o755);
  const endProbe = async () => await probe[Symbol.asyncDispose]();
  return {
    interfaceFile,
    programFolder: folder,
    env: { PATH: `${folder}:${process.env.PATH ?? ''}` },
    killChip: () => chip.kill(),
    killProbe: endProbe,
    chipState: probe.chipState,
    pressReset: probe.pressReset,
    async [Symbol.asyncDispose]() {
      await endProbe().catch(() => undefined);
      await chip[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
