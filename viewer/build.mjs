/**
 * Bundles the viewer into one HTML file, dist/viewer/heap-harvest.html: script and style inline, allowed by their hashes only, so
 * that nothing else in the file (an embedded trace, a symbol name) can ever run. The script is packed with gzip, and unpacked by a
 * few lines before it; its hash is that of the unpacked text, so what runs is what was built.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { writeLicences } from '../cli/third-party.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'dist', 'viewer');
/** The bundle travels in every HTML report. */
const LIMIT_BYTES = 500 * 1024;

const modules = new Set();
const [script, style, unpack] = await Promise.all([
  bundle('main.ts'),
  bundle('style/style.css'),
  bundle('unpack-script.ts'),
]);
const packed = gzipSync(script, { level: 9 }).toString('base64');
const template = await readFile(join(here, 'page.template'), 'utf8');
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(unpack)} ${hash(script)}`,
  `style-src ${hash(style)}`,
  'img-src data: blob:',
  // The page runs its own script again as a worker.
  'worker-src blob:',
  // Connect talks to boards in the local network, which have no certificates.
  'connect-src http: https:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
// Functions, because a replacement text would read `$&` in the bundle as a pattern.
const html = template
  .replace('%POLICY%', () => policy)
  .replace('%STYLE%', () => style)
  .replace('%PACKED%', () => packed)
  .replace('%UNPACK%', () => unpack);
if (Buffer.byteLength(html) > LIMIT_BYTES) {
  throw new Error(`viewer: found a bundle of ${Buffer.byteLength(html)} bytes, expected at most ${LIMIT_BYTES}`);
}
await mkdir(out, { recursive: true });
await writeFile(join(out, 'heap-harvest.html'), html);
await writeLicences(modules, join(out, 'LICENSES.txt'));
process.stdout.write(`dist/viewer/heap-harvest.html: ${(Buffer.byteLength(html) / 1024).toFixed(1)} KiB\n`);

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome109', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: {},
    logLevel: 'warning',
    metafile: true,
  });
  for (const path of Object.keys(result.metafile.inputs)) modules.add(resolve(path));
  const text = result.outputFiles[0].text.trim();
  // The end tag of the element that holds it must not stand in the text.
  return text.replaceAll('</script', '<\\/script').replaceAll('</style', '<\\/style');
}
