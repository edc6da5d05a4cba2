const KEY = 0xc5acce55;

/** One thing that Drone OS records: `a12` alloc, `f12` free, `g12-28` grow, `s28-12` shrink. */
interface Step {
  readonly letter: string;
  readonly size: number;
  readonly newSize: number;
}

function steps(text: string): Step[] {
  return text.split(/\s+/).map((word) => {
    const match = /^([afgs])(\d+)(?:-(\d+))?$/.exec(word);
    if (!match) throw new Error(`drone text: not a step '${word}'`);
    return { letter: match[1] ?? '', size: Number(match[2]), newSize: Number(match[3] ?? 0) };
  });
}

function bytesOf(words: readonly number[], bigEndian = false): number[] {
  return words.flatMap((word) => {
    const little = [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24];
    return bigEndian ? little.reverse() : little;
  });
}

/** A G0 stream. */
export function g0(text: string, bigEndian = false): Uint8Array {
  const headers: Readonly<Record<string, number[]>> = {
    a: [0xab, 0xcd],
    f: [0xdc, 0xba],
    g: [0xbc, 0xde],
    s: [0xed, 0xcb],
  };
  return Uint8Array.from(
    steps(text).flatMap(({ letter, size, newSize }) => {
      const words = letter === 'a' || letter === 'f' ? [size] : [size, newSize];
      const masked = words.map((word) => (word ^ KEY) >>> 0);
      return [...(headers[letter] ?? []), ...bytesOf(masked, bigEndian)];
    }),
  );
}

/** A G1 stream as the words of each step; `faulty` sends sizes as the released firmware does (old sizes cut to a byte). */
export function g1Words(text: string, faulty = false): number[][] {
  const tags: Readonly<Record<string, number>> = { a: 0xa0, f: 0xd0, g: 0xb0, s: 0xc0 };
  return steps(text).map(({ letter, size, newSize }) => {
    const tag = tags[letter] ?? 0;
    const high = faulty ? size >>> 24 : size >>> 8;
    const words =
      letter === 'a' || letter === 'f'
        ? [((tag | 1) << 24) | high, ((tag | 2) << 24) | (size & 255)]
        : [
            ((tag | 1) << 24) | high,
            ((tag | 2) << 24) | ((size & 255) << 16) | (newSize >>> 16),
            ((tag | 3) << 24) | (newSize & 0xffff),
          ];
    return words.map((word) => (word ^ KEY) >>> 0);
  });
}

export function g1(text: string, faulty = false): Uint8Array {
  return Uint8Array.from(bytesOf(g1Words(text, faulty).flat()));
}

export function g2(text: string): Uint8Array {
  return Uint8Array.from(
    steps(text).flatMap(({ letter, size, newSize }) => {
      const op = 'afgs'.indexOf(letter);
      return [op, ...bytesOf(op < 2 ? [size] : [size, newSize])];
    }),
  );
}

/** The bytes as ITM packets of a port: words of four while they last, then single bytes. */
export function itmPackets(bytes: Uint8Array, port = 31): Uint8Array {
  const out: number[] = [];
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) out.push((port << 3) | 3, ...bytes.subarray(at, at + 4));
  for (; at < bytes.length; at++) out.push((port << 3) | 1, bytes[at] ?? 0);
  return Uint8Array.from(out);
}

export function wordBytes(words: readonly number[]): Uint8Array {
  return Uint8Array.from(bytesOf(words));
}

/** The bytes inside TPIU frames of one stream, padded with the null stream, with a full sync in front. */
export function tpiuFrames(bytes: Uint8Array, stream = 1): Uint8Array {
  const out: number[] = [0xff, 0xff, 0xff, 0x7f];
  let at = 0;
  let opened = false;
  while (at < bytes.length) {
    const frame = new Array<number>(16).fill(0);
    let aux = 0;
    let ended = false;
    for (let i = 0; i < 15; i++) {
      if (i % 2 === 1) {
        frame[i] = ended ? 0 : (bytes[at++] ?? 0);
      } else if (!opened) {
        frame[i] = (stream << 1) | 1;
        opened = true;
      } else if (at >= bytes.length) {
        frame[i] = 1;
        ended = true;
      } else {
        const byte = bytes[at++] ?? 0;
        frame[i] = byte & 0xfe;
        aux |= (byte & 1) << (i / 2);
      }
    }
    frame[15] = aux;
    out.push(...frame);
  }
  return Uint8Array.from(out);
}
