import { TraceFormatError } from '../../lib/errors/errors.js';
import { detectFormat, formatById } from '../../lib/formats/registry.js';
import { mpyHeapCost } from '../../lib/interpreters/micropython/mpy/mpy-heap-cost.js';
import { readMpy } from '../../lib/interpreters/micropython/mpy/read-mpy.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { hex } from '../support/decode-ways.js';
import { mutate, Random } from '../support/mutate.js';
import { traceSamples } from '../support/trace-samples.js';

/** What a run of mutated inputs found: nothing but TraceFormatErrors and traces, or the first crash. */
export interface FuzzResult {
  readonly inputs: number;
  readonly errors: number;
  /** The longest time that a single input took. */
  readonly slowestMs: number;
}

const MPY_6 = '4d 06 00 1f 03 01 08 74 2e 70 79 00 0f 02 78 00 05 02 68 69 00 48 00 06 01 00 00 51 16 02 63';
const MPY_3 =
  '4d 03 02 1f 18 01 00 00 00 00 00 06 00 00 00 00 00 ff 81 24 00 00 17 00 24 00 00 11 5b 08 3c 6d 6f 64 75 6c 65 3e 04 74 2e 70 79 01 78 01 79 01 00 69 01 37';
const MPY_5 = '4d 05 02 1f 20 30 00 0a 00 07 08 74 2e 70 79 00 51 16 02 78 63 01 00 69 01 37';

/**
 * Decodes mutated samples of every reader, each as its own format and by detection, whole and in small pieces.
 * @throws whatever a reader throws that is no TraceFormatError, with the input in its message
 */
export function fuzzFormats(inputs: number, seed: number): FuzzResult {
  const random = new Random(seed);
  const samples = traceSamples().map(({ name, format, bytes }) => ({ name, format, bytes: bytes.subarray(0, 4000) }));
  const mpy = [hex(MPY_6), hex(MPY_5), hex(MPY_3)];
  let errors = 0;
  let slowestMs = 0;
  for (let i = 0; i < inputs; i++) {
    const sample = i % 10 === 9 ? undefined : samples[random.next(samples.length)];
    const input = mutate(sample?.bytes ?? mpy[random.next(mpy.length)] ?? new Uint8Array(0), random);
    const started = performance.now();
    try {
      if (sample) decode(sample.format, input, random);
      else mpyHeapCost(readMpy(input));
    } catch (error) {
      if (!(error instanceof TraceFormatError)) {
        const bytes = Buffer.from(input).toString('hex');
        throw new Error(`seed ${seed}, input ${i} (${sample?.name ?? 'mpy'}): ${bytes}`, { cause: error });
      }
      errors++;
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  return { inputs, errors, slowestMs };
}

function decode(id: string, input: Uint8Array, random: Random): void {
  const format = random.next(8) === 0 ? detectFormat(input, true) : formatById(id);
  const chunk = random.next(3) === 0 ? 1 + random.next(9) : input.length;
  const builder = new TraceBuilder();
  const decoder = format.open(builder, {});
  for (let at = 0; at < input.length; at += chunk) decoder.push(input.subarray(at, at + chunk));
  decoder.end();
  builder.build();
}

if (process.argv[1]?.endsWith('formats-fuzz.js')) {
  const inputs = Number(process.argv[2] ?? 1_000_000);
  const seed = Number(process.argv[3] ?? 1);
  const result = fuzzFormats(inputs, seed);
  process.stdout.write(`${JSON.stringify({ seed, ...result })}\n`);
}
