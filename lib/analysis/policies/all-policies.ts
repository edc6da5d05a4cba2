import { UsageError } from '../../errors/errors.js';
import { bestFit } from './best-fit.js';
import { firstFit } from './first-fit.js';
import { freertosHeap4 } from './freertos-heap4.js';
import { micropythonGc } from './micropython-gc.js';
import { newlibNano } from './newlib-nano.js';
import { nextFit } from './next-fit.js';
import type { PlacementPolicy } from './placement-policy.js';
import { tlsf } from './tlsf.js';

/** Every placement policy, in the order in which they are listed. */
export const POLICIES: readonly PlacementPolicy[] = [
  firstFit,
  bestFit,
  nextFit,
  micropythonGc,
  tlsf,
  freertosHeap4,
  newlibNano,
];

/** A placement policy by its id. @throws UsageError HH1184 when there is no such policy */
export function policyById(id: string): PlacementPolicy {
  const found = POLICIES.find((policy) => policy.id === id);
  if (found) return found;
  const known = POLICIES.map((policy) => policy.id).join(', ');
  throw new UsageError('HH1184', `options.policy ${id}: no such policy, expected one of: ${known}`);
}
