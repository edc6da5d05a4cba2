import { type Address, formatAddress } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';

/** `bx lr` in Thumb, little-endian. */
const BX_LR = [0x70, 0x47] as const;
const NEAR_BYTES = 256;
const FAR_BYTES = 16 * 1024;

/**
 * The address of a `bx lr`: that of the function itself where it has one (Cortex-M3 code ends so, Cortex-M0 code often
 * with a pop), else any near it: the processor runs what lies there, whatever it was meant for.
 * @throws TargetError HH1567
 */
export async function findReturnInstruction(client: RspClient, functionAddress: Address): Promise<Address> {
  for (const length of [NEAR_BYTES, FAR_BYTES]) {
    const code = await client.readMemory(functionAddress, length).catch(() => new Uint8Array(0));
    for (let at = 2; at + 1 < code.length; at += 2) {
      if (code[at] === BX_LR[0] && code[at + 1] === BX_LR[1]) return functionAddress + at;
    }
  }
  throw new TargetError('HH1567', `one-write mode: no \`bx lr\` found from ${formatAddress(functionAddress)} on`, {
    remedy: 'capture without options.oneWrite',
  });
}
