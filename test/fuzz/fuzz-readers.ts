import { HarvestError } from '../../lib/errors/errors.js';
import { mutate, Random } from '../support/mutate.js';
import { type FuzzedReader, fuzzedReaders } from './readers.js';

/** What an input may take of memory, besides eight times its length. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/** What a run of mutated inputs found: nothing but refusals and results, or the first crash. */
export interface FuzzResult {
  readonly inputs: number;
  readonly errors: number;
  /** The longest time that a single input took. */
  readonly slowestMs: number;
  /** The most memory that a single input added to the process at its peak. */
  readonly mostBytes: number;
  /** Inputs that took more than they may. */
  readonly greedy: readonly string[];
}

interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Told now and then how many inputs are done. */
  readonly progress?: (done: number) => void;
}

/**
 * Gives mutated samples to every reader.
 * @throws whatever a reader throws that is no HarvestError, with the input in its message
 */
export function fuzzReaders({ inputs, seed, progress }: FuzzOptions): FuzzResult {
  const random = new Random(seed);
  const readers = fuzzedReaders();
  const greedy: string[] = [];
  let errors = 0;
  let slowestMs = 0;
  let mostBytes = 0;
  // Asked once an input: the question takes longer than many an answer.
  let before = peakBytes();
  for (let i = 0; i < inputs; i++) {
    const reader = readers[random.next(readers.length)] as FuzzedReader;
    const sample = reader.samples[random.next(reader.samples.length)] ?? new Uint8Array(0);
    const input = mutate(sample, random);
    const started = performance.now();
    try {
      reader.read(input, random);
    } catch (error) {
      if (!(error instanceof HarvestError))
        throw new Error(describe(input, `seed ${seed}, input ${i} (${reader.name})`), { cause: error });
      errors++;
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
    const peak = peakBytes();
    const tookBytes = peak - before;
    before = peak;
    mostBytes = Math.max(mostBytes, tookBytes);
    if (tookBytes > MEMORY_BYTES + 8 * input.length)
      greedy.push(describe(input, `input ${i} (${reader.name}): ${tookBytes} bytes`));
    if (i % 256 === 255) progress?.(i + 1);
  }
  return { inputs, errors, slowestMs, mostBytes, greedy };
}

/** The peak of the whole process so far, and what is reserved without having been touched. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024 + process.memoryUsage().arrayBuffers;
}

function describe(input: Uint8Array, where: string): string {
  return `${where}: ${Buffer.from(input.subarray(0, 8192)).toString('hex')}`;
}
