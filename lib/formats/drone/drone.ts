import type { TraceFormat } from '../format.js';
import { bestCandidate, DroneAutoDecoder, droneCandidates } from './drone-auto.js';
import type { DroneGeneration } from './drone-sink.js';

/** Drone OS heaptrace, any generation: told apart by which of them parses without freeing what was not allocated. */
export const droneFormat: TraceFormat = {
  id: 'drone',
  title: 'Drone OS heaptrace (generation found by itself)',
  detect: detectDrone,
  open: (builder, options) => new DroneAutoDecoder(builder, options),
};

/** The same with the generation given: never detected, only taken with `--format`. */
export const droneGenerationFormats: readonly TraceFormat[] = (['G0', 'G1', 'G2'] as const).map(forced);

function forced(generation: DroneGeneration): TraceFormat {
  return {
    id: `drone-${generation.toLowerCase()}`,
    title: `Drone OS heaptrace, generation ${generation}`,
    detect: () => 0,
    open: (builder, options) => new DroneAutoDecoder(builder, options, generation),
  };
}

/** How sure the bytes make one: G0 and G1 carry a key in every word, G2 has nothing but small sizes and matching frees. */
export function detectDrone(head: Uint8Array): number {
  const candidates = droneCandidates({});
  for (const candidate of candidates) candidate.feed(head);
  const best = bestCandidate(candidates);
  if (!best || best.failure || best.eventCount === 0) return 0;
  const torn = best.decoder.unfinishedBytes();
  if (best.decoder.generation !== 'G2') return best.orphanAt < 0 ? 0.95 : 0.8;
  if (best.zeroSizes * 2 > best.eventCount || (best.eventCount < 2 && torn > 0)) return 0;
  if (best.orphanAt >= 0) return best.eventCount > 16 ? 0.2 : 0;
  return best.frees > 0 ? 0.7 : 0.4;
}
