import type { Bytes } from '../../../base/units.js';

/*
 * What debug servers send for a core with register windows: none of them describes its registers, and each sends those that the core's
 * configuration has, in the order of Tensilica's tools. The first are the same in all of them but for the loop registers.
 */
const LOOPS = ['lbeg', 'lend', 'lcount'];
const STATE = ['sar', 'windowbase', 'windowstart', 'configid0', 'configid1', 'ps'];

const order = (ars: number, loops: readonly string[]): readonly string[] => [
  'pc',
  ...Array.from({ length: ars }, (_, index) => `ar${index}`),
  ...loops,
  ...STATE,
];

const WITH_LOOPS = order(64, LOOPS);
const WITHOUT_LOOPS = order(64, []);
const WITH_32 = order(32, LOOPS);

/** By the length of the reply to `g`. */
const KNOWN: ReadonlyMap<Bytes, readonly string[]> = new Map([
  // ESP32: OpenOCD, ESP-IDF's gdbstub and Espressif's QEMU.
  [420, WITH_LOOPS],
  // ESP32-S3: OpenOCD, with vector registers of 4 or of 16 bytes; ESP-IDF's gdbstub.
  [512, WITH_LOOPS],
  [608, WITH_LOOPS],
  [408, WITH_LOOPS],
  // ESP32-S2: OpenOCD; ESP-IDF's gdbstub.
  [288, WITHOUT_LOOPS],
  [292, WITHOUT_LOOPS],
  // QEMU's de212, which Espressif makes none of.
  [640, WITH_32],
]);

/** See {@link RegisterWindows.orderOf}. */
export const serverOrder = (bytes: Bytes): readonly string[] | undefined => KNOWN.get(bytes);
