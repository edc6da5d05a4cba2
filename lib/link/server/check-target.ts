import type { Milliseconds } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { RspClient } from '../rsp/rsp-client.js';
import { connect } from './connect.js';
import { afterCommands } from './farewell.js';
import { letsGo, type ServerKind } from './target.js';
import type { TargetOptions } from './target-options.js';

/** What a target is like that answers. */
export interface TargetCheck {
  readonly server: ServerKind;
  readonly notes: readonly string[];
  /** Hardware breakpoints by the chip's own register; absent where it has none that is known (only Cortex-M has). */
  readonly breakpoints?: number;
  /** Watchpoints, the same. */
  readonly watchpoints?: number;
  /** DWT_CYCCNT, which `--clock` can read: it `counts`, it `stands` until the firmware enables it, or the chip has `none`. Absent: not known. */
  readonly cycleCounter?: 'counts' | 'stands' | 'none';
  /** Whether the server was asked to look at its target at once; false: it sees a stop only when it looks by itself. Absent: no such server. */
  readonly isPoked?: boolean;
  /** Whether a capture can tell the target to run on together with what it reads (`--one-write`). */
  readonly mayWriteOnce: boolean;
  /** Of one request and its reply. */
  readonly roundTripMs: { readonly median: Milliseconds; readonly worst: Milliseconds };
}

/** FP_CTRL (Armv7-M and Armv8-M Architecture Reference Manuals; v6-M: BP_CTRL at the same address). */
const FP_CTRL = 0xe0002000;
/** The same manuals: NUMCOMP in bits 31:28, NOCYCCNT is bit 25, CYCCNTENA bit 0. */
const DWT_CTRL = 0xe0001000;
const NO_CYCLE_COUNTER = 1 << 25;
const SAMPLES = 20;

/**
 * Connects to a board as a capture would, asks it a few things, and lets it run on. An emulator needs the ELF file.
 * @throws what connecting throws: no probe, no permission, another chip, and so on
 */
export async function checkTarget(
  board: Board,
  options: TargetOptions & { readonly elf?: string; readonly signal?: AbortSignal },
): Promise<TargetCheck> {
  await using target = await connect(board, { ...options, elf: options.elf ?? '' });
  target.lost.catch(() => undefined);
  const client = await RspClient.connect({ ...target.server, ackless: target.kind === 'qemu' }, options.signal);
  try {
    const times: Milliseconds[] = [];
    for (let index = 0; index < SAMPLES; index++) {
      const since = performance.now();
      // Not answered from a cache, as registers are.
      await client.readMemory(board.memory.find(({ kind }) => kind === 'ram')?.baseAddress ?? 0x20000000, 64);
      times.push(performance.now() - since);
    }
    const { layout } = client.features;
    times.sort((a, b) => a - b);
    return {
      server: target.kind,
      notes: target.notes ?? [],
      ...(/cortex-m/i.test(board.mcu.core) ? await debugUnits(client) : {}),
      ...(target.kind === 'openocd' ? { isPoked: target.tclPort !== undefined } : {}),
      mayWriteOnce: client.mayPipelineRun && layout.writesOne === true && layout.architecture.returns.length > 0,
      roundTripMs: { median: times[SAMPLES / 2] ?? 0, worst: times.at(-1) ?? 0 },
    };
  } finally {
    await client.detach(letsGo(target), afterCommands(target)).catch(() => undefined);
  }
}

/** A core without a unit, and an emulator, reads it as zeros. */
async function debugUnits(
  client: RspClient,
): Promise<Pick<TargetCheck, 'breakpoints' | 'watchpoints' | 'cycleCounter'>> {
  const word = async (address: number) => {
    const bytes = await client.readMemory(address, 4).catch(() => new Uint8Array(4));
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  };
  const breakpoints = comparatorsOf(await word(FP_CTRL));
  const dwt = await word(DWT_CTRL);
  return {
    ...(breakpoints > 0 ? { breakpoints } : {}),
    ...(dwt === 0
      ? {}
      : { watchpoints: dwt >>> 28, cycleCounter: dwt & NO_CYCLE_COUNTER ? 'none' : dwt & 1 ? 'counts' : 'stands' }),
  };
}

/** NUM_CODE stands in bits 14:12 and 7:4. */
function comparatorsOf(control: number): number {
  return ((control >>> 8) & 0x70) | ((control >>> 4) & 0xf);
}
