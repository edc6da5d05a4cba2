/** Writes ELF files by hand, for what no compiler here makes: other classes, byte orders, sections with chosen bytes. */

export interface BuiltSection {
  readonly name: string;
  readonly type?: number;
  readonly flags?: number;
  readonly address?: number;
  readonly bytes: readonly number[] | Uint8Array;
  readonly link?: number;
}

export interface BuiltElf {
  readonly wide?: boolean;
  readonly bigEndian?: boolean;
  readonly machine?: number;
  readonly type?: number;
  readonly entry?: number;
  readonly sections?: readonly BuiltSection[];
}

/** Little helper for bytes of known width: `[value, bytes]` pairs in the file's order. */
export function pack(bigEndian: boolean, ...fields: readonly (readonly [number, number])[]): number[] {
  return fields.flatMap(([value, width]) => {
    const digits: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let index = 0; index < width; index++, rest >>= 8n) digits.push(Number(rest & 0xffn));
    return bigEndian ? digits.reverse() : digits;
  });
}

/** A symbol table and its names: `link` of the table must be the index of the string section. */
export function symbolBytes(
  elf: BuiltElf,
  symbols: readonly { readonly name: string; readonly value: number; readonly size: number; readonly info: number }[],
): { readonly table: number[]; readonly names: number[] } {
  const names = [0];
  const { wide = false, bigEndian = false } = elf;
  const table: number[] = Array(wide ? 24 : 16).fill(0);
  for (const { name, value, size, info } of symbols) {
    const at = names.length;
    names.push(...new TextEncoder().encode(name), 0);
    if (wide) table.push(...pack(bigEndian, [at, 4], [info, 1], [0, 1], [1, 2], [value, 8], [size, 8]));
    else table.push(...pack(bigEndian, [at, 4], [value, 4], [size, 4], [info, 1], [0, 1], [1, 2]));
  }
  return { table, names };
}

/** An ELF file with one PT_LOAD segment for each section that has an address. Section 1 is the first of the list. */
export function buildElf(elf: BuiltElf = {}): Uint8Array {
  const { wide = false, bigEndian = false, machine = 40, type = 2, entry = 0, sections = [] } = elf;
  const word = wide ? 8 : 4;
  const names = [0];
  const all = [...sections, { name: '.shstrtab', type: 3, bytes: names }];
  const nameOffsets = all.map(({ name }) => {
    const at = names.length;
    names.push(...new TextEncoder().encode(name), 0);
    return at;
  });
  const loaded = sections.filter((section) => section.address !== undefined);
  const segmentBytes = wide ? 56 : 32;
  let offset = (wide ? 64 : 52) + loaded.length * segmentBytes;
  const offsets = all.map(({ bytes }) => {
    const at = offset;
    offset += Math.ceil(bytes.length / 8) * 8;
    return at;
  });
  const header = [0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, bigEndian ? 2 : 1, 1, ...Array(9).fill(0)];
  const put = (...fields: (readonly [number, number])[]) => pack(bigEndian, ...fields);
  header.push(...put([type, 2], [machine, 2], [1, 4], [entry, word], [wide ? 64 : 52, word], [offset, word], [0, 4]));
  header.push(...put([wide ? 64 : 52, 2], [segmentBytes, 2], [loaded.length, 2], [wide ? 64 : 40, 2]));
  header.push(...put([all.length + 1, 2], [all.length, 2]));
  for (const section of loaded) {
    const at = offsets[all.indexOf(section)] ?? 0;
    const { address = 0, bytes } = section;
    const places = put([at, word], [address, word], [address, word], [bytes.length, word], [bytes.length, word]);
    header.push(
      ...(wide ? put([1, 4], [5, 4]) : put([1, 4])),
      ...places,
      ...put(...(wide ? [] : [[5, 4] as const]), [4, word]),
    );
  }
  const file = new Uint8Array(offset + (all.length + 1) * (wide ? 64 : 40));
  file.set(header);
  all.forEach((section: BuiltSection, index) => {
    file.set(Uint8Array.from(section.bytes), offsets[index] ?? 0);
    const { type: kind = 1, flags = 0, address = 0, bytes, link = 0 } = section;
    const row = put(
      [nameOffsets[index] ?? 0, 4],
      [kind, 4],
      [flags, word],
      [address, word],
      [offsets[index] ?? 0, word],
    );
    row.push(...put([bytes.length, word], [link, 4], [0, 4], [1, word], [kind === 2 ? (wide ? 24 : 16) : 0, word]));
    file.set(row, offset + (index + 1) * (wide ? 64 : 40));
  });
  return file;
}
