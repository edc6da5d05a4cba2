import { stripVTControlCharacters } from 'node:util';

const KEPT_CHARS = 4096;

/** What the console came to: its prompt, or the text behind which the firmware waits for a key. */
export type PromptSeen = 'prompt' | 'wait-text';

export interface WatchedTexts {
  /** Seen where all text so far ends with it. */
  readonly prompt?: string | undefined;
  /** Seen wherever it stands. */
  readonly waitText?: string | undefined;
}

/** Looks for a prompt at the end of console text that comes in pieces. */
export class PromptWatcher {
  private tail = '';

  constructor(private readonly texts: WatchedTexts) {}

  /** What the text so far came to, once each time; terminal escapes do not count (status bars mix them in). */
  push(text: string): PromptSeen | undefined {
    this.tail = (this.tail + text).slice(-KEPT_CHARS);
    const { prompt, waitText } = this.texts;
    const plain = stripVTControlCharacters(this.tail);
    const seen =
      prompt !== undefined && plain.endsWith(prompt)
        ? 'prompt'
        : waitText !== undefined && plain.includes(waitText)
          ? 'wait-text'
          : undefined;
    if (seen) this.tail = '';
    return seen;
  }
}
