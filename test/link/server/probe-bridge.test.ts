import test from 'ava';
import { encodePacket, PacketDecoder } from '../../../lib/link/rsp/packet-codec.js';
import { RspClient } from '../../../lib/link/rsp/rsp-client.js';
import { bridgeProbe, type ProbeLine } from '../../../lib/link/server/probe-bridge.js';

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
const FOUND = 'Target voltage: 3.3V\nAvailable Targets:\nNo. Att Driver\n 1      STM32F40x M4\n';
const NOTHING = 'Target voltage: 3.3V\nSW-DP scan failed!\n';

/** A Black Magic Probe as its firmware 1.8 answers: it forgets its target at every detach. */
function blackMagic(scanText: string) {
  const requests: string[] = [];
  const decoder = new PacketDecoder();
  const out: (Uint8Array | undefined)[] = [];
  let wake: (() => void) | undefined;
  let attached = false;
  const say = (payload: string) => {
    out.push(encodePacket(payload));
    wake?.();
  };
  const answer = (request: string) => {
    if (request.startsWith('qRcmd,')) {
      const found = /^ 1 /m.test(scanText);
      say(`O${hex(scanText)}`);
      return say(found ? 'OK' : 'E01');
    }
    if (request === 'vAttach;1') {
      attached = /^ 1 /m.test(scanText);
      return say(attached ? 'T05' : 'E01');
    }
    if (request === 'vRun;') return say('T05');
    if (request === 'D') {
      attached = false;
      return say('OK');
    }
    if (request.startsWith('qSupported')) return say('PacketSize=400;qXfer:memory-map:read-');
    if (request === '?') return say(attached ? 'T05' : 'W00');
    if (request === 'g') return say('00'.repeat(168));
    return say('');
  };
  const line: ProbeLine = {
    async read() {
      while (out.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return out.shift();
    },
    async write(bytes) {
      for (const item of decoder.push(Buffer.from(bytes))) {
        if (item.kind !== 'packet') continue;
        const request = item.payload.toString('latin1');
        requests.push(request);
        answer(request);
      }
    },
    async close() {
      out.push(undefined);
      wake?.();
    },
  };
  return { line, requests };
}

test('the probe’s target is scanned for, attached to and restarted before a client sees it; again for the next client', async (t) => {
  const { line, requests } = blackMagic(FOUND);
  const bridge = await bridgeProbe(line, { name: '/dev/ttyACM0', reset: true });
  bridge.lost.catch(() => undefined);
  t.deepEqual(requests.slice(0, 3), [`qRcmd,${hex('swdp_scan')}`, 'vAttach;1', 'vRun;']);
  t.regex(bridge.scan, /STM32F40x M4/);
  for (let time = 0; time < 2; time++) {
    const client = await RspClient.connect(bridge.server);
    await client.detach();
    // The probe has forgotten the target with the detach.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.is(requests.filter((request) => request === 'vAttach;1').length, 2);
  await bridge[Symbol.asyncDispose]();
});

test('a scan that finds nothing is an error with what the probe measured', async (t) => {
  const { line } = blackMagic(NOTHING);
  await t.throwsAsync(bridgeProbe(line, { name: '/dev/ttyACM0', reset: true }), {
    code: 'HH1541',
    message: /\/dev\/ttyACM0\): found no target: 'SW-DP scan failed!'/,
  });
});

for (const [scan, code, what] of [
  ['Target voltage: 0.0V\nSWD scan failed!\n', 'HH1527', 'a board without power'],
  [
    'Target voltage: 3.3V\nAvailable Targets:\nNo. Att Driver\n 1      Nordic nRF52 Access Port (protected)\n',
    'HH1526',
    'a chip of which only the access port for its erasure shows',
  ],
] as const)
  test(`${what} is told as such`, async (t) => {
    const { line, requests } = blackMagic(scan);
    await t.throwsAsync(bridgeProbe(line, { name: '/dev/ttyACM0', reset: true }), { code });
    t.false(requests.includes('vAttach;1'));
  });
