/** The part of gdb-js 1.3.0 that the adapter uses; the package ships no types. */
declare module 'gdb-js' {
  import type { Readable } from 'node:stream';

  interface Drainable {
    resume(): void;
  }

  class GDB {
    constructor(child: {
      readonly stdin: { write(text: string): void };
      readonly stdout: Readable;
      readonly stderr: Readable;
      kill(signal: string): void;
    });
    /** Resolves with the results of `^done` and its kin as plain objects, rejects on `^error`. */
    execMI(command: string): Promise<unknown>;
    readonly consoleStream: Drainable;
    readonly logStream: Drainable;
    readonly targetStream: Drainable;
  }

  const gdbJs: { readonly GDB: typeof GDB };
  export default gdbJs;
}

declare module 'regenerator-runtime/runtime.js';
