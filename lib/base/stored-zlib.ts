/** What packs bytes as a zlib stream (RFC 1950). */
export type PackZlib = (bytes: Uint8Array) => Uint8Array;

const MAX_STORED = 0xffff;
/** Deflate with a window of 32 KiB; a check sum that makes the two bytes a multiple of 31. */
const HEADER = [0x78, 0x01];
const ADLER_BASE = 65_521;

/** A zlib stream that holds the bytes as they are, in stored blocks: where the platform packs nothing synchronously, as in a browser. */
export function storedZlib(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / MAX_STORED));
  const out = new Uint8Array(HEADER.length + bytes.length + blocks * 5 + 4);
  out.set(HEADER);
  let at = HEADER.length;
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * MAX_STORED, (block + 1) * MAX_STORED);
    const isLast = block === blocks - 1 ? 1 : 0;
    const inverted = part.length ^ 0xffff;
    out.set([isLast, part.length & 255, part.length >> 8, inverted & 255, inverted >> 8], at);
    out.set(part, at + 5);
    at += 5 + part.length;
  }
  const sum = adler32(bytes);
  out.set([sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255], at);
  return out;
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % ADLER_BASE;
    b = (b + a) % ADLER_BASE;
  }
  return ((b << 16) | a) >>> 0;
}
