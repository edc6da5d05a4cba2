import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { projectRoot } from './fixture.js';

/** Parts of the viewer as they are bundled, run by Node: for what draws nothing. `T` is what the test uses of them. */
export async function viewerModule<T>(...files: readonly string[]): Promise<T> {
  const contents = files.map((file) => `export * from './${file}';`).join('\n');
  const script = await bundled({ stdin: { contents, resolveDir: join(projectRoot, 'viewer') } });
  const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-viewer-'));
  const path = join(folder, 'module.mjs');
  try {
    writeFileSync(path, script);
    return (await import(pathToFileURL(path).href)) as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The text of the page's script, readable. */
export function pageScript(): Promise<string> {
  return bundled({ entryPoints: [join(projectRoot, 'viewer', 'main.ts')] });
}

async function bundled(input: Pick<BuildOptions, 'entryPoints' | 'stdin'>): Promise<string> {
  const result = await build({
    ...input,
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
  return result.outputFiles?.[0]?.text ?? '';
}
