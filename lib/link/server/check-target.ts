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
  /** Of one request and its reply. */
  readonly roundTripMs: { readonly median: Milliseconds; readonly worst: Milliseconds };
}

/** FP_CTRL (Armv7-M and Armv8-M Architecture Reference Manuals; v6-M: BP_CTRL at the same address). */
const FP_CTRL = 0xe0002000;
const SAMPLES = 20;

/**
 * Connects to a board as a capture would, asks it a few things, and lets it run on. Not for emulators, which need a firmware.
 * @throws what connecting throws: no probe, no permission, another chip, and so on
 */
export async function checkTarget(
  board: Board,
  options: TargetOptions & { readonly signal?: AbortSignal },
): Promise<TargetCheck> {
  await using target = await connect(board, { ...options, elf: '' });
  target.lost.catch(() => undefined);
  const client = await RspClient.connect({ ...target.server, ackless: target.kind === 'qemu' }, options.signal);
  try {
    const control = await client.readMemory(FP_CTRL, 4).catch(() => undefined);
    const times: Milliseconds[] = [];
    for (let index = 0; index < SAMPLES; index++) {
      const since = performance.now();
      // Not answered from a cache, as registers are.
      await client.readMemory(board.memory.find(({ kind }) => kind === 'ram')?.baseAddress ?? 0x20000000, 64);
      times.push(performance.now() - since);
    }
    times.sort((a, b) => a - b);
    const isCortexM = /cortex-m/i.test(board.mcu.core);
    const count =
      control && isCortexM ? comparatorsOf(new DataView(control.buffer, control.byteOffset).getUint32(0, true)) : 0;
    return {
      server: target.kind,
      notes: target.notes ?? [],
      ...(count > 0 ? { breakpoints: count } : {}),
      roundTripMs: { median: times[SAMPLES / 2] ?? 0, worst: times.at(-1) ?? 0 },
    };
  } finally {
    await client.detach(letsGo(target), afterCommands(target)).catch(() => undefined);
  }
}

/** NUM_CODE stands in bits 14:12 and 7:4. */
function comparatorsOf(control: number): number {
  return ((control >>> 8) & 0x70) | ((control >>> 4) & 0xf);
}
