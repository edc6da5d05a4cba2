import { buildArm } from './arm-build.js';

const PROGRAMS = 'test/capture/programs';

export interface FieldFirmware {
  /** What main does: a `#if` of field.c. */
  readonly kind: string;
  /** Of the buffer in `big_buffer`; default 64. */
  readonly bufferBytes?: number;
  /** Linker symbols: where the stacks end. */
  readonly symbols?: Readonly<Record<string, number>>;
}

/** Builds test/capture/programs/field.c for the AN385 machine; returns the path of the ELF file. */
export function fieldFirmware({ kind, bufferBytes = 64, symbols = {} }: FieldFirmware): string {
  return buildArm({
    sources: [`${PROGRAMS}/field.c`, `${PROGRAMS}/via-asm.s`],
    script: `${PROGRAMS}/field.ld`,
    flags: [
      ...['-mcpu=cortex-m3', '-O1', '-g', '-ffreestanding', '-nostdlib', '-fno-optimize-sibling-calls'],
      ...[`-D${kind}`, `-DBUFFER_BYTES=${bufferBytes}`],
      ...Object.entries(symbols).map(([name, value]) => `-Wl,--defsym=${name}=${value}`),
    ],
  });
}

/** How the allocator of these programs is hooked. */
export const FIELD_HOOKS: readonly string[] = ['take(size)', 'give(ptr)'];
