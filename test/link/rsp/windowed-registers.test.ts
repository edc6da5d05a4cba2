import test from 'ava';
import type { Architecture } from '../../../lib/arch/architecture.js';
import { XTENSA_WINDOWED } from '../../../lib/arch/xtensa/windowed/windowed.js';
import { RspClient } from '../../../lib/link/rsp/rsp-client.js';
import { greeting, startScriptedServer } from '../../support/scripted-server.js';
import { WindowedMachine } from '../../support/windowed-machine.js';

const PC = 16;
const AR0 = 20;

/** The reply to `g` of a server, from what is in the core: the registers that are not asked about are 0x77777777. */
function replyOf(words: Uint32Array, { bytes, loops }: { readonly bytes: number; readonly loops: number }): string {
  const reply = Buffer.alloc(bytes, 0x77);
  const values = [
    words[PC],
    ...words.subarray(AR0),
    ...Array.from({ length: loops }, () => 0x400d4321),
    0x1f, // sar
    words[18],
    words[19],
    0xc2bcfffe, // configid0
    0x1cc5fe96, // configid1
    words[17],
  ];
  for (const [index, value = 0] of values.entries()) reply.writeUInt32LE(value, index * 4);
  return reply.toString('hex');
}

/** A core in the middle of calls: its window begins at register 8. */
function someCore(ars: 32 | 64 = 64): Uint32Array {
  const machine = new WindowedMachine(ars);
  machine.call(2);
  machine.entry(64);
  machine.set(2, 0x3ffb1234);
  return machine.words();
}

async function registersBehind(
  says: Readonly<Record<string, string>>,
  architecture: Architecture = XTENSA_WINDOWED,
): Promise<Uint32Array> {
  await using server = await startScriptedServer(greeting(says));
  const client = await RspClient.connect({ host: '127.0.0.1', port: server.port, architecture });
  const registers = await client.registers();
  client.connection.destroy();
  return registers;
}

for (const [name, layout, ars] of [
  ['OpenOCD for the ESP32', { bytes: 420, loops: 3 }, 64],
  ['OpenOCD for the ESP32-S2, which has no loops', { bytes: 288, loops: 0 }, 64],
  ['OpenOCD for the ESP32-S3', { bytes: 512, loops: 3 }, 64],
  ["ESP-IDF's gdbstub of an ESP32-S2", { bytes: 292, loops: 0 }, 64],
  ["ESP-IDF's gdbstub of an ESP32-S3", { bytes: 408, loops: 3 }, 64],
  ["QEMU's de212", { bytes: 640, loops: 3 }, 32],
] as const) {
  test(`the registers of ${name} are told by how many they are`, async (t) => {
    const words = someCore(ars);
    t.deepEqual(await registersBehind({ g: replyOf(words, layout) }), words);
  });
}

test('a description that names an architecture and no registers, as OpenOCD may give for Xtensa, is none', async (t) => {
  const words = someCore();
  const registers = await registersBehind({
    qSupported: 'PacketSize=1000;qXfer:features:read+',
    'qXfer:features': 'l<target><architecture>xtensa</architecture></target>',
    g: replyOf(words, { bytes: 420, loops: 3 }),
  });
  t.is(registers[2], 0x3ffb1234, 'a2 of the window');
  t.deepEqual(registers, words);
});

test('a server that sends another number of registers is refused, and one that sends those of another order', async (t) => {
  const words = someCore();
  await t.throwsAsync(registersBehind({ g: replyOf(words, { bytes: 400, loops: 3 }) }), {
    code: 'HH2200',
    message: /describes no registers and sends 400 bytes of them/,
  });
  // So many bytes as an ESP32 without loop registers in between.
  await t.throwsAsync(registersBehind({ g: replyOf(words, { bytes: 420, loops: 0 }) }), {
    code: 'HH2201',
    message: /windowbase 0x[0-9a-f]+, windowstart/,
  });
});

test('the pc is set alone, by its number in the order that is sent', async (t) => {
  await using server = await startScriptedServer(
    greeting({ g: replyOf(someCore(), { bytes: 420, loops: 3 }), P: 'OK' }),
  );
  const client = await RspClient.connect({ host: '127.0.0.1', port: server.port, architecture: XTENSA_WINDOWED });
  await client.setPc(0x400d0020);
  client.connection.destroy();
  t.true(server.requests.includes('P0=20000d40'), server.requests.join(' '));
});

test('a breakpoint is told how long the instruction is: 3 bytes, or 2 of the density option', async (t) => {
  await using server = await startScriptedServer((request, socket) => {
    if (request.startsWith('m400d0000')) return '3641';
    if (request.startsWith('m400d0010')) return '1df0';
    if (request.startsWith('Z1')) return 'OK';
    return greeting({ g: replyOf(someCore(), { bytes: 420, loops: 3 }) })(request, socket);
  });
  const client = await RspClient.connect({ host: '127.0.0.1', port: server.port, architecture: XTENSA_WINDOWED });
  await client.breakpoints.set(0x400d0000);
  await client.breakpoints.set(0x400d0010);
  client.connection.destroy();
  t.deepEqual(
    server.requests.filter((request) => request.startsWith('Z')),
    ['Z1,400d0000,3', 'Z1,400d0010,2'],
  );
});
