import { PassThrough } from 'node:stream';
import { errorMessage } from '../../errors/errors.js';
import 'regenerator-runtime/runtime.js';
import gdbJs from 'gdb-js';
import { plainEscapes } from './c-string.js';

/** A record that is read settles its command within the same turn. */
const UNREAD_MS = 500;

/**
 * gdb-js behind one file (docs/decisions/0001-gdb-js.md): it queues commands one at a time and parses their results.
 * It sees nothing but one clean result record per command: tokens, stream and async records, time-outs and gdb's death
 * are handled outside, because it pairs replies by order, keeps what is not drained, and waits for ever on a dead gdb.
 */
export class GdbJsQueue {
  private readonly replies = new PassThrough();
  private readonly gdb;
  private unread: NodeJS.Timeout | undefined;

  /** `send` is called with one command line at a time; each must be answered by one call of `reply`. */
  constructor(send: (command: string) => void) {
    this.gdb = new gdbJs.GDB({
      stdin: { write: (text) => send(text.trimEnd()) },
      stdout: this.replies,
      stderr: new PassThrough(),
      kill: () => undefined,
    });
    for (const stream of [this.gdb.consoleStream, this.gdb.logStream, this.gdb.targetStream]) stream.resume();
  }

  /** Resolves with the results as plain objects; rejects with gdb's own message. Commands run in the order of the calls. */
  async exec(command: string): Promise<unknown> {
    try {
      return await this.gdb.execMI(command);
    } catch (error) {
      const message = errorMessage(error);
      throw new Error(message.replace(`Error while executing "${command}". `, ''));
    } finally {
      clearTimeout(this.unread);
    }
  }

  /** Hands over the result record (`^done,...`) of the command that was sent last. */
  reply(record: string): void {
    clearTimeout(this.unread);
    this.replies.write(`${plainEscapes(record)}\n`);
    // A record that its grammar does not know is taken for target output, and the command would wait for ever.
    this.unread = setTimeout(() => {
      this.replies.write('^error,msg="a reply that could not be read"\n');
    }, UNREAD_MS);
  }
}
