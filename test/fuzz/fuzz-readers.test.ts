import test from 'ava';
import { Random } from '../support/mutate.js';
import { fuzzReaders } from './fuzz-readers.js';
import { fuzzedReaders, SAMPLE_BYTES } from './readers.js';

// One that is refused at its first check would be fuzzed for nothing.
test('each reader reads its own small samples', (t) => {
  for (const reader of fuzzedReaders()) {
    for (const sample of reader.samples) {
      if (sample.length < SAMPLE_BYTES) t.notThrows(() => reader.read(sample, new Random(1)), reader.name);
    }
  }
});

// The long run: npm run attack -- --only readers --scale 1000
test('5,000 mutated inputs over all readers are read or refused, in bounded memory', (t) => {
  const { inputs, errors, greedy } = fuzzReaders({ inputs: 5_000, seed: 20_261_121 });
  t.is(inputs, 5_000);
  t.deepEqual(greedy, []);
  // Mutations must reach the error paths, and must not all end there.
  t.true(errors > 250 && errors < 4_500, `${errors} errors`);
});
