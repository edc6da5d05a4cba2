import type { Architecture } from './architecture.js';
import { OUTSIDE_OF_HANDLERS } from './processor-state.js';

/**
 * What is so on cores of which nothing more is known than their instructions: code may run in RAM, each vendor puts peripherals elsewhere,
 * no register and no vector tells of exceptions or of a stack.
 */
export const PLAIN_CORE = {
  hasConstantCode: false,
  literalAddress: () => undefined,
  stateOf: () => OUTSIDE_OF_HANDLERS,
  isLockup: () => false,
  faultRegisters: [],
  mayHoldStack: (_, isKnown) => isKnown,
  belowStack: 0,
  mayBeStackTop: (address) => address > 0 && address % 4 === 0,
  hasStackInVectors: false,
  exceptionEndOf: () => undefined,
  returnsFromTrap: () => false,
} satisfies Partial<Architecture>;
