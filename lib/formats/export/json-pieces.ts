const BATCH = 1000;

/** The elements of a JSON array, a batch a piece, without its brackets. */
export function* jsonElements(values: Iterable<unknown>): Generator<string> {
  let batch: string[] = [];
  let first = true;
  for (const value of values) {
    batch.push(JSON.stringify(value));
    if (batch.length < BATCH) continue;
    yield (first ? '' : ',\n') + batch.join(',\n');
    first = false;
    batch = [];
  }
  if (batch.length > 0) yield (first ? '' : ',\n') + batch.join(',\n');
}
