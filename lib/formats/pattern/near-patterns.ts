import type { NearMiss } from '../near-miss.js';
import type { PatternMatcher } from './match-pattern.js';

const MAX_NEAR_LINES = 400;

/** The line that has most of the words of one of these patterns and fits none. Lines with single words only are not near. */
export function nearByPatterns(lines: readonly string[], matchers: readonly PatternMatcher[]): NearMiss | undefined {
  let best: NearMiss | undefined;
  for (const [at, text] of lines.slice(0, MAX_NEAR_LINES).entries()) {
    if (matchers.some((matcher) => matcher.match(text) !== undefined)) continue;
    for (const matcher of matchers) {
      // All of its words, but not the values: a word alone is in any text.
      const closeness = matcher.nearness(text) === 1 && /\d/.test(text) ? 0.75 : 0;
      if (closeness <= (best?.closeness ?? 0)) continue;
      best = { line: at + 1, text, expected: `\`${matcher.pattern.source}\``, closeness };
    }
  }
  return best;
}
