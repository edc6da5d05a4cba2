import type { Board } from '../../boards/board.js';
import { TargetError } from '../../errors/errors.js';

/** One for what is captured, one for the end or for the return of a call. */
const FEWEST_BREAKPOINTS = 2;

export function hasTooFewBreakpoints({ comparators, memory }: Board): boolean {
  // A board without memory of its own (generic) is not described at all.
  return memory.length > 0 && comparators.breakpoints < FEWEST_BREAKPOINTS;
}

/** A chip without a debug port, whose firmware speaks the protocol on its UART (the ESP8266's gdbstub). */
export function tooFewBreakpoints(board: Board, path?: string): TargetError {
  const { breakpoints } = board.comparators;
  return new TargetError(
    'HH1861',
    `board ${board.name}${path === undefined ? '' : ` on ${path}`}: has ${breakpoints} hardware breakpoint${breakpoints === 1 ? '' : 's'}, expected at least ${FEWEST_BREAKPOINTS} for a capture`,
    {
      remedy:
        'a NodeMCU firmware traces itself: `harvest session --nodemcu PORT`; others: link the tracer in (examples/firmware/alloctrace/README.md)',
    },
  );
}
