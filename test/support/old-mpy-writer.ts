import { utf8 } from './decode-ways.js';

/** A function of an old .mpy file as a test describes it: what its instructions name, in order. */
export interface OldCode {
  readonly name: string;
  readonly args: readonly string[];
  /** Opcode and text; an empty text is an instruction without a string, its bytes are given. */
  readonly body: readonly { readonly opcode: number; readonly text?: string; readonly argument?: readonly number[] }[];
  readonly children: readonly OldCode[];
}

/** Writes a file as the savers of MicroPython 1.5 to 1.11 do: versions 0 to 3 with the strings behind, version 4 with a window. */
export function writeOldMpy(code: OldCode, version: 0 | 1 | 2 | 3 | 4): Uint8Array {
  const window: string[] = [];
  const string = (text: string): number[] => {
    const bytes = utf8(text);
    if (version < 4) return [...uint(bytes.length), ...bytes];
    const place = window.indexOf(text);
    if (place >= 0) window.splice(place, 1);
    window.unshift(text);
    window.length = Math.min(window.length, 32);
    return place >= 0 ? uint(place * 2 + 1) : [...uint(bytes.length * 2), ...bytes];
  };
  const write = ({ name, args, body, children }: OldCode): number[] => {
    const prelude = [3, 0, 0, args.length, 0, 0, 7, 0, 0, 0, 0, 0x21, 0, 0xff];
    const memory = body.reduce(
      (sum, { text, argument = [] }) => sum + 1 + (text === undefined ? 0 : 2) + argument.length,
      0,
    );
    const length = prelude.length + memory;
    const instructions = body.flatMap(({ opcode, text, argument = [] }) => {
      if (text === undefined) return [opcode, ...argument];
      return version < 4 ? [opcode, 0, 0] : [opcode, ...string(text)];
    });
    const names = [...string(name), ...string('t.py')];
    const behind = version < 4 ? body.flatMap(({ text }) => (text === undefined ? [] : string(text))) : [];
    const head = uint(version < 4 ? length : length * 4);
    const counts = [...uint(0), ...uint(children.length)];
    return [
      ...head,
      ...prelude,
      ...instructions,
      ...names,
      ...behind,
      ...counts,
      ...args.flatMap(string),
      ...children.flatMap(write),
    ];
  };
  return Uint8Array.from([0x4d, version, 2, 31, ...(version < 4 ? [] : [32]), ...write(code)]);
}

/** Base 128, most significant group first. */
function uint(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
