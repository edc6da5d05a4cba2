import test from 'ava';
import { DeviceLostError, TargetError } from '../../../lib/errors/errors.js';
import { encodePacket } from '../../../lib/link/rsp/packet-codec.js';
import { RspClient, type RspClientOptions } from '../../../lib/link/rsp/rsp-client.js';
import { type Answer, greeting, startScriptedServer } from '../../support/scripted-server.js';

const QUICK = { host: '127.0.0.1', replyTimeoutMs: 1000, interruptTimeoutMs: 1000, monitorTimeoutMs: 1500 };

/** Runs a body against a server that answers so; overrides of the greeting go by the start of a request. */
async function against(
  answer: Readonly<Record<string, string>> | Answer,
  body: (client: RspClient, requests: readonly string[], acks: () => number) => Promise<void>,
  options: Partial<RspClientOptions> = {},
): Promise<void> {
  const plain = greeting();
  const say: Answer =
    typeof answer === 'function'
      ? (request, socket) => answer(request, socket) ?? plain(request, socket)
      : greeting(answer);
  await using server = await startScriptedServer(say);
  const client = await RspClient.connect({ ...QUICK, port: server.port, ...options });
  try {
    await body(client, server.requests, server.acks);
  } finally {
    client.connection.destroy();
  }
}

const WORDS = Array.from({ length: 16 }, (_, index) => index * 0x01010101);
const G_REPLY = WORDS.map((word) => Buffer.from(Uint32Array.of(word).buffer).toString('hex')).join('');

test('reads registers in ARM order where the server has no description', async (t) => {
  await against({ g: G_REPLY }, async (client) => {
    t.deepEqual([...(await client.registers())], WORDS);
  });
});

test('registers that are not available read as 0', async (t) => {
  await against({ g: `xxxxxxxx${G_REPLY.slice(8)}` }, async (client) => {
    t.deepEqual([...(await client.registers())], [0, ...WORDS.slice(1)]);
  });
});

test('stops acknowledging when the server agrees, and acknowledges each packet when it does not', async (t) => {
  await against({}, async (client, _, acks) => {
    const before = acks();
    await client.registers().catch(() => undefined);
    t.is(acks(), before);
  });
  await against({ QStartNoAckMode: '', g: G_REPLY }, async (client, _, acks) => {
    const before = acks();
    await client.registers();
    await client.registers();
    // The second one may still be on its way.
    t.true(acks() > before);
    t.false(client.mayPipelineRun);
  });
});

test('reads binary where the server offers it', async (t) => {
  const seen: string[] = [];
  await against(
    (request) => {
      if (request.startsWith('qSupported')) return 'PacketSize=400;binary-upload+';
      if (!request.startsWith('x')) return undefined;
      seen.push(request);
      return 'b\x00#$}*\xff';
    },
    async (client) => {
      t.deepEqual([...(await client.readMemory(0x20000000, 6))], [0x00, 0x23, 0x24, 0x7d, 0x2a, 0xff]);
      t.deepEqual(seen, ['x20000000,6']);
    },
  );
});

test('writes with X, and with M where X is not supported', async (t) => {
  await against({ X: 'OK' }, async (client, requests) => {
    await client.memory.write(0x100, Uint8Array.of(1, 0x7d));
    t.is(requests.at(-1), 'X100,2:\x01}');
  });
  await against({ M: 'OK' }, async (client, requests) => {
    await client.memory.write(0x100, Uint8Array.of(1, 0x7d));
    t.is(requests.at(-1), 'M100,2:017d');
  });
});

test('a software breakpoint is set only where that is allowed, when no comparator is left', async (t) => {
  const answers = { Z1: 'E0E', Z0: 'OK', z0: 'OK' };
  const inRam = { maySoftwareBreakpoint: (address: number) => address >= 0x20000000 };
  await against(
    answers,
    async (client, requests) => {
      await client.breakpoints.set(0x20000100);
      await client.breakpoints.remove(0x20000100);
      t.deepEqual(requests.slice(-3), ['Z1,20000100,2', 'Z0,20000100,2', 'z0,20000100,2']);
      const error = await t.throwsAsync(client.breakpoints.set(0x1000), { instanceOf: TargetError, code: 'HH1557' });
      t.regex(error.message, /breakpoint at 0x00001000: found 'E0E', with 0 breakpoints already set$/);
    },
    inRam,
  );
});

test('runs with c where the server has no vCont', async (t) => {
  await against({ 'vCont?': '', c: 'S05' }, async (client, requests) => {
    t.is((await client.run()).signal, 5);
    t.is(requests.at(-1), 'c');
  });
});

test('collects what a monitor command prints, in pieces, and tells it with the error', async (t) => {
  const hex = (text: string) => `O${Buffer.from(text).toString('hex')}`;
  await against(
    (request) => (request.startsWith('qRcmd') ? [hex('halted '), hex('at 0x100\n'), 'OK'] : undefined),
    async (client) => {
      t.is(await client.monitor('halt'), 'halted at 0x100\n');
    },
  );
  await against(
    (request) => (request.startsWith('qRcmd') ? [hex('no probe\n'), 'E01'] : undefined),
    async (client) => {
      await t.throwsAsync(client.monitor('halt'), {
        code: 'HH1555',
        message: /'monitor halt' failed: found 'E01': no probe, expected OK$/,
      });
    },
  );
});

test('a stop reply while nothing runs, or twice, ends the connection', async (t) => {
  await against(
    (request) => (request === 'vCont;c' ? ['S05', 'S05'] : undefined),
    async (client) => {
      await client.run();
      const error = await t.throwsAsync(client.registers(), { instanceOf: DeviceLostError });
      t.regex(error.message, /out of step: found reply 'S05', expected (none|one to 'g')$/);
      await t.throwsAsync(client.registers(), { is: error });
    },
  );
});

test('registers in the place of memory are not taken for memory', async (t) => {
  await against({ m: G_REPLY }, async (client) => {
    await t.throwsAsync(client.readMemory(0, 32), {
      code: 'HH1554',
      message: /expected 32 bytes of memory at 0x00000000/,
    });
    t.is(client.connection.closedBecause instanceof DeviceLostError, true);
  });
});

test('an exit of the target is told', async (t) => {
  await against({ 'vCont;c': 'W00' }, async (client) => {
    await t.throwsAsync(client.run(), { code: 'HH1558', message: /found 'W00', expected a stop/ });
  });
});

test('a server that says nothing is given up, with the request that it left open', async (t) => {
  await against(
    (request) => (request === 'g' ? [] : undefined),
    async (client) => {
      await t.throwsAsync(client.registers(), { code: 'HH1552', message: /no reply to 'g' within 1000 ms/ });
    },
  );
});

test('a target that does not stop at an interrupt is given up', async (t) => {
  await against(
    (request) => (request === 'vCont;c' ? [] : undefined),
    async (client) => {
      const run = client.run();
      await t.throwsAsync(client.interrupt(), { code: 'HH1564' });
      await t.throwsAsync(run, { code: 'HH1564' });
    },
  );
});

test('a server that closes in the middle of a reply is told with the request', async (t) => {
  const cut: Answer = (request, socket) => {
    if (request !== 'g') return undefined;
    socket.end(encodePacket(G_REPLY).subarray(0, 40));
    return [];
  };
  await against(cut, async (client) => {
    await t.throwsAsync(client.registers(), { code: 'HH1551', message: /closed the connection during 'g'/ });
  });
});

test('what the target prints while it runs is passed on', async (t) => {
  const said: string[] = [];
  const onOutput = (text: string) => said.push(text);
  await against(
    (request) => (request === 'vCont;c' ? ['O68690a', 'S05'] : undefined),
    async (client) => {
      await client.run();
      t.deepEqual(said, ['hi\n']);
    },
    { onOutput },
  );
});

test('a server that sets no single register is given all of them', async (t) => {
  const all = WORDS.slice(0, 15).map((_, index) => G_REPLY.slice(index * 8, index * 8 + 8));
  await against({ g: G_REPLY, P: '', G: 'OK' }, async (client, requests) => {
    await client.setPc(0x1234);
    await client.setPc(0x5678);
    t.deepEqual(
      requests.filter((request) => /^[PG]/.test(request)),
      ['Pf=34120000', `G${all.join('')}34120000`, `G${all.join('')}78560000`],
    );
  });
});
