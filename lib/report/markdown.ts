import { sanitize } from './sanitize.js';

/** A code span that no content can leave: a pipe would end the cell, a backtick the span. */
export function markdownCode(text: string): string {
  return `\`${sanitize(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}
