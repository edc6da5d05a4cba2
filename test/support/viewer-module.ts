import { join } from 'node:path';
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
  const text = result.outputFiles[0]?.contents ?? new Uint8Array();
  return (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as T;
}
