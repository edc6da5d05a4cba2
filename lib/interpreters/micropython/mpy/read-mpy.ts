import { TraceFormatError } from '../../../errors/errors.js';
import { MpyCursor } from './mpy-cursor.js';
import { MPY_ARCHITECTURES, type MpyFile } from './mpy-file.js';
import { readOldMpy } from './mpy-v0-to-v4.js';
import { readMpy5 } from './mpy-v5.js';
import { readMpy6 } from './mpy-v6.js';

const ARCH_FLAGS = 0x40;

/**
 * Reads a .mpy file of version 0 (MicroPython 1.5.1 to 1.8.7), 1 and 2 (1.9), 3 (1.9.3 to 1.10), 4 (1.11), 5 (1.12 to 1.18) or 6 (1.19
 * and later), also CircuitPython's.
 *
 *     'M' or 'C', version, features, small-integer bits     6: sub-version, architecture << 2; 4 and 5: flags, architecture << 2
 *
 * @throws TraceFormatError HH1460 for another kind of file or version, HH1461 where it is cut, HH1462 where it is damaged.
 */
export function readMpy(bytes: Uint8Array, subject = '.mpy file'): MpyFile {
  const [magic, version, features = 0, smallIntBits = 0] = bytes;
  const flavour = magic === 0x4d ? 'micropython' : magic === 0x43 ? 'circuitpython' : undefined;
  if (!flavour || bytes.length < 4 || !isVersion(version)) {
    const found = flavour && bytes.length >= 4 ? `version ${version}` : `${bytes.length} bytes that start otherwise`;
    throw new TraceFormatError('HH1460', `${subject}: byte 0: found ${found}, expected a .mpy file of version 0 to 6`, {
      offset: 0,
      remedy: 'compile the source again with the mpy-cross of the firmware',
    });
  }
  const cursor = new MpyCursor(bytes, subject);
  cursor.at = 4;
  const common = { flavour, smallIntBits, fileBytes: bytes.length } as const;
  if (version === 5) {
    const architecture = MPY_ARCHITECTURES[features >> 2] ?? `number ${features >> 2}`;
    const { qstrs, code } = readMpy5(cursor, (features & 1) === 1);
    return { ...common, version, subVersion: 0, architecture, qstrs, objects: [], code };
  }
  if (version !== 6) {
    const architecture = version < 4 ? 'none' : (MPY_ARCHITECTURES[features >> 2] ?? `number ${features >> 2}`);
    return { ...common, version, subVersion: 0, architecture, objects: [], ...readOldMpy(bytes, subject, version) };
  }
  const number = (features >> 2) & 0x0f;
  if (features & ARCH_FLAGS) cursor.uint('the architecture flags');
  const { qstrs, objects, code } = readMpy6(cursor);
  const architecture = MPY_ARCHITECTURES[number] ?? `number ${number}`;
  return { ...common, version, subVersion: features & 3, architecture, qstrs, objects, code };
}

function isVersion(version: number | undefined): version is MpyFile['version'] {
  return version !== undefined && version <= 6;
}
