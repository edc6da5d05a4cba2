import { withoutEscapes } from '../../formats/terminal-escapes.js';

/** A line of the target's console. */
export interface ConsoleLine {
  /** Without terminal escapes and other control characters. */
  readonly text: string;
  /** How many heap events had been told when its end came: it fell between that one and the next, as far as the host sees it. */
  readonly afterEvents: number;
}

const MAX_CHARS = 64 * 1024;
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Makes lines of console text that comes in pieces. */
export class ConsoleLines {
  private rest = '';

  constructor(private readonly tell: (text: string) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split(/\r*\n/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
    // Something that never ends its line is told in pieces.
    if (this.rest.length > MAX_CHARS) this.end();
  }

  /** No more text comes: tells what has no end of line, such as a prompt. */
  end(): void {
    const { rest } = this;
    this.rest = '';
    if (rest !== '') this.line(rest);
  }

  private line(line: string): void {
    this.tell(withoutEscapes(line).replaceAll('\t', ' ').replace(CONTROLS, ''));
  }
}
