/** Asks gdb what it knows of addresses, without a target: the judge where this library and addr2line differ. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './arm-build.js';

export interface GdbPlace {
  /** The symbol that covers the address (`info symbol`); undefined when gdb knows none. */
  readonly symbol: string | undefined;
  /** The file as gdb prints it, and the line (`info line`); undefined and 0 when gdb knows none. */
  readonly file: string | undefined;
  readonly line: number;
}

/** What gdb says of each address. */
export function judgeWithGdb(elf: string, addresses: readonly number[]): ReadonlyMap<number, GdbPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'judge-'));
  try {
    const script = join(folder, 'script.gdb');
    const commands = addresses.flatMap((address) => {
      const hex = `0x${address.toString(16)}`;
      return [`echo @${hex}\\n`, `info symbol ${hex}`, `info line *${hex}`];
    });
    writeFileSync(script, ['set width 0', 'set pagination off', ...commands, ''].join('\n'));
    return parseAnswers(run('gdb-multiarch', ['-nx', '-batch', '-iex', 'set osabi none', '-x', script, elf]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parseAnswers(text: string): ReadonlyMap<number, GdbPlace> {
  const answers = new Map<number, GdbPlace>();
  for (const part of text.split('@0x').slice(1)) {
    const address = Number.parseInt(part, 16);
    const symbol = /^(.*?)(?: \+ \d+)? in section /m.exec(part)?.[1];
    const place = /^Line (\d+) of "([^"]*)"/m.exec(part);
    answers.set(address, { symbol, file: place?.[2], line: Number(place?.[1] ?? 0) });
  }
  return answers;
}
