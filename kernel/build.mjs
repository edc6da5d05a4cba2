/**
 * Compiles the kernel (AssemblyScript, kernel/*.ts) into lib/trace/kernel/kernel-bytes.ts, from where it comes into every bundle. That file is kept
 * with the sources, so that compiling needs no second compiler. With `--check` nothing is written: it fails where the file is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'lib', 'trace', 'kernel', 'kernel-bytes.ts');
// Memory that is shared keeps its views when it grows.
const options = '--runtime stub -O3 --noAssert --importMemory --sharedMemory --enable threads --initialMemory 32';

/** The text of the file as the sources give it. */
async function kernelSource() {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      'kernel/index.ts',
      '--outFile',
      'kernel.wasm',
      ...options.split(' '),
      '--maximumMemory',
      '16384',
      '--baseDir',
      root,
    ],
    { writeFile: (name, contents) => files.set(name, contents) },
  );
  if (error) throw new Error(`kernel: ${error.message}\n${stderr.toString()}`);
  const text =
    Buffer.from(files.get('kernel.wasm'))
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  const lines = text.map((line, i) => `  '${line}'${i + 1 < text.length ? ' +' : ';'}`).join('\n');
  return `/** What kernel/build.mjs made of kernel/*.ts: a WebAssembly module, as base64. */\nexport const KERNEL_BYTES =\n${lines}\n`;
}

const source = await kernelSource();
if (!process.argv.includes('--check')) writeFileSync(target, source);
else if (readFileSync(target, 'utf8') !== source) throw new Error(`${target} is stale: npm run kernel`);
