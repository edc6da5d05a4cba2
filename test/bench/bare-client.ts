import { connect } from 'node:net';
import type { Address } from '../../lib/base/units.js';
import type { HarvestPlan } from '../../lib/capture/engine.js';
import { architectureOf } from '../../lib/firmware/capturable.js';
import type { Target } from '../../lib/link/server/target.js';

/** What an engine reads of a stack, about. */
const STACK_BYTES = 600;

/**
 * The stops of a capture without the work of one: at each event registers and stack are read and dropped, and the log function is returned from.
 * What it takes is the emulator's, and that of any client.
 */
export async function bareStops({ server }: Target, plan: HarvestPlan, events: number): Promise<void> {
  if (plan.hook.type !== 'gc-log') throw new Error('expected a log function');
  const { address } = plan.hook.logFunction;
  const { name, sp, pc, callAt, codeAddress } = architectureOf(plan.firmware);
  // Where registers lie in the reply to `g` is the same for these two: one word after the other.
  const { returnAddress } = callAt([]);
  const socket = connect(server.port, server.host).setNoDelay(true);
  let received = '';
  let wake: () => void = () => undefined;
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
    wake();
  });
  const ask = async (...payloads: string[]): Promise<string[]> => {
    socket.write(`+${payloads.map(packet).join('')}`);
    const replies: string[] = [];
    for (;;) {
      for (let end = received.indexOf('#'); end >= 0 && received.length >= end + 3; end = received.indexOf('#')) {
        replies.push(received.slice(received.indexOf('$') + 1, end));
        received = received.slice(end + 3);
      }
      if (replies.length >= payloads.length) return replies;
      await new Promise<void>((resolve) => {
        wake = () => resolve();
      });
    }
  };
  await ask('qSupported:xmlRegisters=i386');
  await ask('qXfer:features:read:target.xml:0,ffb');
  await ask('?');
  const place = `${address.toString(16)},2`;
  await ask(`Z1,${place}`);
  await ask('vCont;c');
  let stack = 0;
  for (let event = 0; event < events; event++) {
    const [registers = ''] = await ask(
      'g',
      ...(stack === 0 ? [] : [`m${stack.toString(16)},${STACK_BYTES.toString(16)}`]),
    );
    if (codeAddress(wordOf(registers, pc)) !== address) throw new Error(`${name}: stopped elsewhere: ${registers}`);
    stack = wordOf(registers, sp);
    await ask(`P${pc.toString(16)}=${bytesOf(codeAddress(wordOf(registers, returnAddress)))}`, 'vCont;c');
  }
  await ask(`z1,${place}`);
  await ask('D');
  socket.destroy();
}

function packet(payload: string): string {
  const sum = Buffer.from(payload, 'latin1').reduce((total, byte) => total + byte, 0) & 0xff;
  return `$${payload}#${sum.toString(16).padStart(2, '0')}`;
}

function wordOf(registers: string, index: number): number {
  return Buffer.from(registers.slice(index * 8, index * 8 + 8), 'hex').readUInt32LE(0);
}

function bytesOf(address: Address): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(address);
  return bytes.toString('hex');
}
