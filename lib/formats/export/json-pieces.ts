const BATCH = 1000;

/** The elements of a JSON array, a batch a piece, without its brackets. */
export function jsonElements(values: Iterable<unknown>): Generator<string> {
  return jsonTexts(texts(values));
}

/** The same of elements that are JSON already. */
export function* jsonTexts(elements: Iterable<string>): Generator<string> {
  let batch: string[] = [];
  let first = true;
  for (const element of elements) {
    batch.push(element);
    if (batch.length < BATCH) continue;
    yield (first ? '' : ',\n') + batch.join(',\n');
    first = false;
    batch = [];
  }
  if (batch.length > 0) yield (first ? '' : ',\n') + batch.join(',\n');
}

function* texts(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield JSON.stringify(value);
}

/** Numbers that can be JSON, as the elements of an array, without its brackets. */
export function* jsonNumbers(count: number, numberAt: (index: number) => number): Generator<string> {
  let text = '';
  for (let i = 0; i < count; i++) {
    text += i === 0 ? numberAt(i) : `,${numberAt(i)}`;
    if ((i + 1) % BATCH !== 0) continue;
    yield text;
    text = '\n';
  }
  yield text;
}
