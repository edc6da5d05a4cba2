/**
 * The words of a core with register windows. The first 17 are numbered as in DWARF: the 16 registers that the window shows, and the pc. Behind
 * them stand what moves the window, and the physical registers that it moves over: 32 or 64 of them.
 */
export const SHOWN = 16;
export const PC = 16;
export const PS = 17;
export const WINDOW_BASE = 18;
export const WINDOW_START = 19;
export const AR0 = 20;
export const FEWEST_ARS = 32;
export const MOST_ARS = 64;

/** The window moves by so many registers. */
const PANE = 4;

/** How many physical registers the core has, of how many words are known of it. */
export function arsOf({ length }: ArrayLike<number>): number {
  return length >= AR0 + MOST_ARS ? MOST_ARS : FEWEST_ARS;
}

/** The places that WINDOWBASE can have. */
export function panesOf(registers: ArrayLike<number>): number {
  return arsOf(registers) / PANE;
}

/** The index of a register of the window that begins at a pane, counted on from that window's a0. */
export function arIndex(registers: ArrayLike<number>, pane: number, register: number): number {
  const ars = arsOf(registers);
  return AR0 + ((((pane * PANE + register) % ars) + ars) % ars);
}

/** PS.CALLINC: by how many panes the function that was just called will move the window at its `entry`. */
export const callIncrementOf = (ps: number): number => (ps >>> 16) & 3;
/** PS.EXCM: an exception's or interrupt's vector runs. */
export const isInVector = (ps: number): boolean => (ps & 0x10) !== 0;
/** Bits of PS that no core has. */
export const PS_RESERVED = 0xfff8_f000;
