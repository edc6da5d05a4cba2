import type { Architecture } from '../../arch/architecture.js';
import type { Address } from '../../base/units.js';
import type { DebugLink } from '../../link/debug-link.js';
import type { OpenCall } from './call-hook.js';

/** An allocator's own frames and a little more. */
const DEPTH = 48;
/** Where a function that calls others keeps its return address: at most nine registers and some locals below its caller's SP. */
const FRAME_BYTES = 64;

/**
 * The return addresses on the stack of a halted target, to tell whether an open call is among the callers. Where the backtrace may be
 * wrong (guessed frames, a library without unwind information) or ends early, the words of the open call's own frame count as
 * well: rather a call too few than one too many.
 */
export async function callersOf(
  link: DebugLink,
  call: OpenCall,
  { codeAddress, returnsTo }: Pick<Architecture, 'codeAddress' | 'returnsTo'>,
): Promise<Address[]> {
  const backtrace = await link.backtrace(DEPTH);
  const callers = backtrace.slice(1).map(({ address }) => codeAddress(address));
  const isWhole =
    callers.length > 1 && backtrace.length < DEPTH && !backtrace.some((frame) => frame.certainty === 'guessed');
  if (callers.includes(call.returnAddress) || isWhole) return callers;
  const bytes = await link.readMemory(call.sp - FRAME_BYTES, FRAME_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < FRAME_BYTES; at += 4) callers.push(returnsTo(view.getUint32(at, true), call.returnAddress));
  return callers;
}
