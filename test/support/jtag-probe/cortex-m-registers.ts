/** Debug registers of an Armv7-M core (Armv7-M Architecture Reference Manual, chapter C1). */
export const Register = {
  cpuid: 0xe000ed00,
  aircr: 0xe000ed0c,
  dfsr: 0xe000ed30,
  dhcsr: 0xe000edf0,
  dcrsr: 0xe000edf4,
  dcrdr: 0xe000edf8,
  demcr: 0xe000edfc,
  dwtControl: 0xe0001000,
  fpControl: 0xe0002000,
  fpComparators: 0xe0002008,
  romTable: 0xe00ff000,
} as const;
export const Dfsr = { halted: 1, breakpoint: 2, vectorCatch: 8 } as const;
export const CORTEX_M3 = 0x412fc231;
export const COMPARATORS = 6;
/** Six code comparators, no literal ones. */
export const FP_CONTROL = COMPARATORS << 4;
export const SYSTEM_SPACE = 0xe0000000;
/** What an ATSAMD21G18A tells of itself: its identity (DSU.DID) and its flash of 4096 pages of 64 bytes (NVMCTRL.PARAM). */
export const SAMD21: ReadonlyMap<number, number> = new Map([
  [0x41002018, 0x10010005],
  [0x41004008, 0x00031000],
]);
const SAMD21_BRIDGE_B = { from: 0x41000000, to: 0x42000000 } as const;
export const PAGE_BYTES = 256;
export const RAM_BASE = 0x20000000;
/** Where the scripts of the chip let OpenOCD put its programs. */
export const WORK_AREA_BYTES = 0x800;
export const ALGORITHM_BYTES = 256;

/** The bytes of an access that stand where they belong in its word. */
export function laneBytes(address: number, value: number, sizeBytes: number): Uint8Array {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, value >>> 0, true);
  const lane = address % 4;
  return word.subarray(lane, lane + sizeBytes);
}

export function isPeripheral(address: number): boolean {
  return address >= SAMD21_BRIDGE_B.from && address < SAMD21_BRIDGE_B.to;
}

export function comparatorAt(address: number): number {
  const index = (address - Register.fpComparators) / 4;
  return Number.isInteger(index) && index >= 0 && index < COMPARATORS ? index : -1;
}

/** FPB version 1: bits 28 to 2 are the word's address, 31 and 30 choose the half-word. */
export function comparatorAddress(value: number): number {
  return ((value & 0x1ffffffc) + (value >>> 30 === 2 ? 2 : 0)) >>> 0;
}
