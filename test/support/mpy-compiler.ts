import { createRequire } from 'node:module';

type Compile = (
  fileName: string,
  source: string,
  options?: string[],
) => Promise<{ status: number; mpy?: Uint8Array; err: string[] }>;

const require = createRequire(import.meta.url);

/** Compiles with a real mpy-cross (WebAssembly) of a version of the format. */
export async function mpyCross(
  version: 5 | 6,
  name: string,
  source: string,
  options: string[] = [],
): Promise<Uint8Array> {
  // Both compilers take a global fetch for a browser's and then cannot load their own file.
  Reflect.deleteProperty(globalThis, 'fetch');
  // Each run adds a listener for uncaught exceptions.
  process.setMaxListeners(100);
  const { compile } = require(`@pybricks/mpy-cross-v${version}`) as { compile: Compile };
  const { status, mpy, err } = await compile(name, source, options);
  if (status !== 0 || !mpy) throw new Error(`mpy-cross ${version}: ${err.join('\n')}`);
  return Uint8Array.from(mpy);
}

interface MicroPython {
  readonly FS: {
    writeFile(path: string, data: Uint8Array): void;
    readFile(path: string, options: { encoding: 'utf8' }): string;
  };
  runPython(source: string): unknown;
  readonly globals: { get(name: string): unknown };
}

/** A real MicroPython (WebAssembly, 32-bit words) with a small heap. */
export async function microPython(): Promise<MicroPython> {
  Reflect.deleteProperty(globalThis, 'fetch');
  const name = '@micropython/micropython-webassembly-pyscript/micropython.mjs';
  const { loadMicroPython } = (await import(name)) as { loadMicroPython(options: object): Promise<MicroPython> };
  return loadMicroPython({ heapsize: 128 * 1024, stdout: () => undefined });
}
