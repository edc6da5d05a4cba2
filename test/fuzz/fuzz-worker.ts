import { fuzzReaders } from './fuzz-readers.js';

/* A part of a long run in a process of its own, which may die or hang: node fuzz-worker.js INPUTS SEED */
const [inputs = 1_000, seed = 1] = process.argv.slice(2).map(Number);
process.stdout.write(
  `${JSON.stringify(fuzzReaders({ inputs, seed, progress: (done) => process.stdout.write(`at ${done}\n`) }))}\n`,
);
