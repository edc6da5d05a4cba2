import { connect, type Socket } from 'node:net';
import type { Address } from '../../lib/base/units.js';
import { type HarvestPlan, hookedPoints, type LogHook } from '../../lib/capture/engine.js';
import { architectureOf } from '../../lib/firmware/capturable.js';
import type { Target } from '../../lib/link/server/target.js';

/** What an engine reads of a stack, about. */
const STACK_BYTES = 600;

/** Which breakpoints are set: those of a capture, those that its one-write mode leaves, or that of the log function alone. */
export type BareBreakpoints = 'all' | 'one-write' | 'log';

/**
 * The stops of a capture without the work of one: at each event registers and stack are read and dropped, and the log function is returned from.
 * What it takes is the emulator's, and that of any client. The breakpoints are those of a capture, because what they cost is the emulator's as well.
 */
export function bareStops(breakpoints: BareBreakpoints) {
  return async (target: Target, plan: HarvestPlan, events: number): Promise<void> => {
    await atEachEvent({ target, plan, breakpoints }, events, async () => undefined);
  };
}

/**
 * How many blocks of code QEMU translates for an event, on average: it forgets all that it has translated at each stop, and cuts the code of every page that
 * has a breakpoint into blocks of one instruction. The same on every machine.
 */
export async function translatedBlocks(
  target: Target,
  plan: HarvestPlan,
  { events, breakpoints }: { readonly events: number; readonly breakpoints: BareBreakpoints },
): Promise<number> {
  let blocks = 0;
  await atEachEvent({ target, plan, breakpoints }, events, async (client) => {
    const told = await client.monitor('info jit');
    const count = /^TB count\s+(\d+)/m.exec(told)?.[1];
    if (count === undefined) throw new Error(`info jit: found ${told}, expected a TB count`);
    blocks += Number(count);
  });
  return blocks / events;
}

interface BareRun {
  readonly target: Target;
  readonly plan: HarvestPlan;
  readonly breakpoints: BareBreakpoints;
}

async function atEachEvent(run: BareRun, events: number, then: (client: BareClient) => Promise<void>): Promise<void> {
  const { hook, firmware } = run.plan;
  if (hook.type !== 'gc-log') throw new Error('expected a log function');
  const { address } = hook.logFunction;
  const { name, sp, pc, callAt, codeAddress } = architectureOf(firmware);
  // Where registers lie in the reply to `g` is the same for these two: one word after the other.
  const { returnAddress } = callAt([]);
  const client = new BareClient(run.target);
  await client.ask('qSupported:xmlRegisters=i386');
  await client.ask('qXfer:features:read:target.xml:0,ffb');
  await client.ask('?');
  const places = new Map(addressesOf(hook, run).map((point) => [point, `${point.toString(16)},2`]));
  for (const place of places.values()) await client.ask(`Z1,${place}`);
  await client.ask('vCont;c');
  let stack = 0;
  for (let event = 0; event < events; ) {
    const stackRead = stack === 0 ? [] : [`m${stack.toString(16)},${STACK_BYTES.toString(16)}`];
    const [registers = ''] = await client.ask('g', ...stackRead);
    stack = wordOf(registers, sp);
    const at = codeAddress(wordOf(registers, pc));
    if (at === address) {
      await then(client);
      event++;
      await client.ask(`P${pc.toString(16)}=${bytesOf(codeAddress(wordOf(registers, returnAddress)))}`, 'vCont;c');
      continue;
    }
    // The heap begins: at boot, before the first event.
    const other = places.get(at);
    if (other === undefined) throw new Error(`${name}: stopped elsewhere: ${registers}`);
    await client.ask(`z1,${other}`);
    await client.ask('vCont;s:p01.01');
    await client.ask(`Z1,${other}`, 'vCont;c');
  }
  for (const place of places.values()) await client.ask(`z1,${place}`);
  // Without a detach, after which the program would run on: the next client finds it where this one left it.
  client.close();
}

function addressesOf(hook: LogHook, { plan, breakpoints }: BareRun): Address[] {
  const hooked = hookedPoints(hook).map(({ address }) => address);
  const log = [hook.logFunction.address];
  const ends = plan.stops.map(({ address }) => address);
  switch (breakpoints) {
    case 'all':
      return [...hooked, ...ends];
    case 'one-write':
      return [...log, ...ends];
    case 'log':
      return log;
  }
}

/** A client that waits for replies and does nothing else. */
class BareClient {
  private readonly socket: Socket;
  private received = '';
  private wake: () => void = () => undefined;

  constructor({ server }: Target) {
    this.socket = connect(server.port, server.host).setNoDelay(true);
    this.socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.wake();
    });
  }

  /** As many replies as requests. */
  async ask(...payloads: readonly string[]): Promise<string[]> {
    this.socket.write(`+${payloads.map(packet).join('')}`);
    const replies: string[] = [];
    while (replies.length < payloads.length) replies.push(await this.next());
    return replies;
  }

  async monitor(command: string): Promise<string> {
    let [reply = ''] = await this.ask(`qRcmd,${Buffer.from(command).toString('hex')}`);
    let text = '';
    while (reply.startsWith('O') && reply !== 'OK') {
      text += Buffer.from(reply.slice(1), 'hex').toString('latin1');
      this.socket.write('+');
      reply = await this.next();
    }
    return text;
  }

  close(): void {
    this.socket.destroy();
  }

  private async next(): Promise<string> {
    for (;;) {
      const end = this.received.indexOf('#');
      if (end >= 0 && this.received.length >= end + 3) {
        const reply = this.received.slice(this.received.indexOf('$') + 1, end);
        this.received = this.received.slice(end + 3);
        return reply;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
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
