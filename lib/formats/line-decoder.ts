import type { TraceDecoder } from './format.js';
import { LineSplitter } from './line-splitter.js';

/** A decoder of a text format: hands out whole lines, cleaned (see LineSplitter) and numbered from 1. */
export abstract class LineDecoder implements TraceDecoder {
  /** Set for the last line, which may be cut when the input is. */
  protected torn = false;
  /** What stood before the text of the line at hand: a time stamp, a level, a quote; empty most often (see log-prefix.ts). */
  protected prefix = '';
  private readonly lines = new LineSplitter((text, number, prefix) => {
    this.prefix = prefix;
    this.line(text, number);
  });

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
  }

  end(): void {
    this.torn = true;
    this.lines.end();
    this.finish();
  }

  protected abstract line(text: string, number: number): void;

  /** After the last line. */
  protected finish(): void {}
}
