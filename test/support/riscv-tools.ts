import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The bytes that the assembler makes of instructions, at address 0 of a section. */
export function assembleRiscv(lines: readonly string[], { compressed = true } = {}): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'riscv-'));
  try {
    const source = join(folder, 'code.s');
    const object = join(folder, 'code.o');
    const text = join(folder, 'code.bin');
    writeFileSync(source, `.option norelax\n.option ${compressed ? 'rvc' : 'norvc'}\n${lines.join('\n')}\n`);
    execFileSync('riscv64-unknown-elf-as', ['-march=rv32imac', '-mabi=ilp32', '-misa-spec=2.2', source, '-o', object]);
    execFileSync('riscv64-unknown-elf-objcopy', ['-O', 'binary', '-j', '.text', object, text]);
    return readFileSync(text);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
