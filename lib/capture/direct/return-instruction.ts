import { type Address, formatAddress } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';

const NEAR_BYTES = 256;
const FAR_BYTES = 16 * 1024;

/**
 * The address of a return instruction (Arm: `bx lr`, RISC-V: `ret`): that of the function itself where it has one (Cortex-M3 code ends so,
 * Cortex-M0 code often with a pop), else any near it: the processor runs what lies there, whatever it was meant for.
 * @throws TargetError HH1567
 */
export async function findReturnInstruction(client: RspClient, functionAddress: Address): Promise<Address> {
  const { returns, codeAlignment } = client.architecture;
  for (const length of [NEAR_BYTES, FAR_BYTES]) {
    const code = await client.readMemory(functionAddress, length).catch(() => new Uint8Array(0));
    for (const { bytes } of returns) {
      const at = placeOf(code, bytes, codeAlignment);
      if (at !== undefined) return functionAddress + at;
    }
  }
  const wanted = returns.map(({ text }) => `\`${text}\``).join(' or ');
  throw new TargetError('HH1567', `one-write mode: no ${wanted} found from ${formatAddress(functionAddress)} on`, {
    remedy: 'capture without options.oneWrite',
  });
}

/** The first place of an instruction, behind the function's own first. */
function placeOf(code: Uint8Array, bytes: readonly number[], step: number): number | undefined {
  for (let at = 2; at + bytes.length <= code.length; at += step) {
    if (bytes.every((byte, index) => code[at + index] === byte)) return at;
  }
  return undefined;
}
