import type { Address } from '../base/units.js';

/** Who called, as far as one field tells. */
export interface Caller {
  readonly address: Address;
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
}

const WITH_ADDRESS = /^(0x[0-9a-f]{1,13})[\s:]*[<([]?\s*([A-Za-z_~].{0,400}?)[>)\]]?$/i;
const FILE_AND_LINE = /^(.{1,400}\.[A-Za-z]\w{0,7}):(\d{1,7})$/;
const OFFSET = /\s*\+\s*(?:0x)?[0-9a-f]{1,8}$/i;

/** `main`, `main+0x12`, `foo()`, `main.c:31`, `0x08001235 <main+4>`; undefined for a bare number. */
export function callerNamed(text: string): Caller | undefined {
  const both = WITH_ADDRESS.exec(text);
  const name = both?.[2] ?? text;
  // A word without a figure is a name, even where all its letters are hexadecimal.
  if (!both && (!/^[A-Za-z_~<./]/.test(text) || /^[0-9a-f]*\d[0-9a-f]*$/i.test(text))) return undefined;
  if (/^(?:null|nil|none)$/i.test(name)) return undefined;
  const address = Number(both?.[1] ?? 0);
  const place = FILE_AND_LINE.exec(name);
  if (place) return { address, functionName: '', file: place[1] ?? '', line: Number(place[2]) };
  return { address, functionName: name.replace(OFFSET, '').replace(/\(\)$/, ''), file: '', line: 0 };
}
