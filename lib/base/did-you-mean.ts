/**
 * The candidate nearest to a misspelt word: the only one that begins with it (from three letters on), else the one with the fewest letters
 * changed; undefined when none is near (a third of its letters at the most differ).
 */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const longer = word.length < 3 ? [] : candidates.filter((each) => each.toLowerCase().startsWith(word.toLowerCase()));
  if (longer.length === 1) return longer[0];
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** `, did you mean 'x'?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found = nearest(word, candidates);
  return found === undefined ? '' : `, did you mean '${found}'?`;
}

function editDistance(a: string, b: string): number {
  if (a.length > 100 || b.length > 100) return 100;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 100;
}
