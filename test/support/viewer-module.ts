import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { projectRoot } from './fixture.js';

/** Parts of the viewer as they are bundled, run by Node: for what draws nothing. `T` is what the test uses of them. */
export async function viewerModule<T>(...files: readonly string[]): Promise<T> {
  const result = await build({
    stdin: {
      contents: files.map((file) => `export * from './${file}';`).join('\n'),
      resolveDir: join(projectRoot, 'viewer'),
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    mainFields: ['module', 'main'],
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-viewer-'));
  const path = join(folder, 'module.mjs');
  try {
    writeFileSync(path, result.outputFiles[0]?.contents ?? '');
    return (await import(pathToFileURL(path).href)) as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
