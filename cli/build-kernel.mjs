/**
 * Compiles the kernel (AssemblyScript, lib/trace/kernel/assembly/*.ts) into lib/trace/kernel/kernel-bytes.ts, from where it comes into every bundle.
 * That file is kept with the sources, so that compiling needs no second compiler: this one takes 100 MB and is fetched when the kernel changes.
 * With `--check` nothing is written: it fails where the file is stale.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILER = 'assemblyscript@0.28.20';
const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'lib', 'trace', 'kernel', 'kernel-bytes.ts');
// Memory that is shared keeps its views when it grows.
const options =
  '--runtime stub -O3 --noAssert --importMemory --sharedMemory --enable threads --initialMemory 32 --maximumMemory 16384';

/** The text of the file as the sources give it. */
function kernelSource() {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-kernel-'));
  try {
    const wasm = join(folder, 'kernel.wasm');
    const args = ['exec', '--yes', `--package=${COMPILER}`, '--', 'asc', 'lib/trace/kernel/assembly/index.ts'];
    execFileSync('npm', [...args, '--outFile', wasm, ...options.split(' ')], { cwd: root, stdio: 'inherit' });
    const text =
      readFileSync(wasm)
        .toString('base64')
        .match(/.{1,110}/g) ?? [];
    const lines = text.map((line, i) => `  '${line}'${i + 1 < text.length ? ' +' : ';'}`).join('\n');
    return `/** What cli/build-kernel.mjs made of assembly/*.ts: a WebAssembly module, as base64. */\nexport const KERNEL_BYTES =\n${lines}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const source = kernelSource();
if (!process.argv.includes('--check')) writeFileSync(target, source);
else if (readFileSync(target, 'utf8') !== source) throw new Error(`${target} is stale: npm run kernel`);
