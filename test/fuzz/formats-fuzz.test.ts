import test from 'ava';
import { fuzzFormats } from './formats-fuzz.js';

// The long run: node dist/test/fuzz/formats-fuzz.js 1000000 SEED
test('20,000 mutated inputs end in a trace or a TraceFormatError, nothing else', (t) => {
  const { inputs, errors } = fuzzFormats(20_000, 20_261_121);
  t.is(inputs, 20_000);
  // Mutations must reach the error paths, and must not all end there.
  t.true(errors > 1000 && errors < 15_000, `${errors} errors`);
});
