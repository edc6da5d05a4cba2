import { stripVTControlCharacters } from 'node:util';

const KEPT_CHARS = 4096;

/** Looks for a prompt at the end of console text that comes in pieces. */
export class PromptWatcher {
  private tail = '';

  constructor(private readonly prompt: string) {}

  /** True when the text so far ends with the prompt; terminal escapes do not count (status bars mix them in). */
  push(text: string): boolean {
    this.tail = (this.tail + text).slice(-KEPT_CHARS);
    return stripVTControlCharacters(this.tail).endsWith(this.prompt);
  }
}
