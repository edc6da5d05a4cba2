import test from 'ava';
import { LR, PC, SP } from '../../lib/arch/arm/registers.js';
import { RspClient } from '../../lib/link/rsp/rsp-client.js';
import { lispFirmware, symbolAddresses } from '../support/lisp-firmware.js';
import { type QemuServer, startQemu } from '../support/qemu-server.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' });
const symbol = symbolAddresses(elf);

async function connected(t: {
  teardown: (fn: () => Promise<void>) => void;
}): Promise<{ qemu: QemuServer; client: RspClient }> {
  const qemu = await startQemu('mps2-an385', elf, ['-icount', 'shift=0']);
  t.teardown(async () => {
    await qemu[Symbol.asyncDispose]();
  });
  const client = await RspClient.connect({ host: '127.0.0.1', port: qemu.port, ackless: true });
  t.teardown(async () => client.connection.destroy());
  return { qemu, client };
}

test('learns what QEMU 7.2 offers: no no-ack mode, no memory map, 17 registers', async (t) => {
  const { client } = await connected(t);
  const { noAckMode, binaryReads, memoryMap, packetBytes, vCont } = client.features;
  t.deepEqual(
    { noAckMode, binaryReads, memoryMap, packetBytes },
    { noAckMode: false, binaryReads: false, memoryMap: undefined, packetBytes: 4096 },
  );
  t.deepEqual([...vCont].sort(), ['C', 'S', 'c', 's']);
  const registers = await client.registers();
  t.is(registers.length, 17);
  t.is(registers[SP], symbol('__stack_top'));
  t.is(registers[PC], symbol('Reset_Handler'));
});

test('runs to a hardware breakpoint, reads memory, sets pc, and counts one trip a write', async (t) => {
  const { client } = await connected(t);
  await client.breakpoints.set(symbol('gc_log_change'));
  const before = client.connection.counters.roundTrips;
  const stop = await client.run();
  t.is(stop.signal, 5);
  const registers = await client.registers();
  t.is(registers[PC], symbol('gc_log_change'));
  const stack = await client.readMemory(registers[SP] ?? 0, symbol('__stack_top') - (registers[SP] ?? 0));
  t.is(stack.length, symbol('__stack_top') - (registers[SP] ?? 0));
  t.is(client.connection.counters.roundTrips - before, 3);
  await client.setPc((registers[LR] ?? 0) & ~1);
  t.is((await client.registers())[PC], (registers[LR] ?? 0) & ~1);
});

test('reads more than a packet holds, and the same bytes as one word at a time', async (t) => {
  const { client } = await connected(t);
  const whole = await client.readMemory(0, 5000);
  for (const at of [0, 2036, 2040, 2044, 4080, 4996]) {
    t.deepEqual([...(await client.readMemory(at, 4))], [...whole.subarray(at, at + 4)], `word at ${at}`);
  }
});

test('writes memory that holds every byte value', async (t) => {
  const { client } = await connected(t);
  const data = Uint8Array.from({ length: 3000 }, (_, index) => index & 0xff);
  await client.memory.write(0x20300000, data);
  t.deepEqual(await client.readMemory(0x20300000, 3000), data);
});

test('steps one instruction', async (t) => {
  const { client } = await connected(t);
  const before = (await client.registers())[PC];
  await client.step();
  t.not((await client.registers())[PC], before);
});

test('interrupts a running target and goes on', async (t) => {
  const { client } = await connected(t);
  for (let round = 0; round < 3; round++) {
    const run = client.run();
    await client.interrupt();
    t.is((await run).signal, 2);
  }
  t.is((await client.registers()).length, 17);
});

test('an interrupt of a halted target is nothing', async (t) => {
  const { client } = await connected(t);
  await client.interrupt();
  t.is((await client.registers()).length, 17);
});

test('shows what a monitor command printed, and resets the target by one', async (t) => {
  const { client } = await connected(t);
  t.regex(await client.monitor('info version'), /^7\.2/);
  await client.breakpoints.set(symbol('main'));
  await client.run();
  t.is((await client.registers())[PC], symbol('main'));
  await client.monitor('system_reset');
  t.is((await client.registers())[PC], symbol('Reset_Handler'));
});

test('refuses memory that is not there with its range', async (t) => {
  const { client } = await connected(t);
  const error = await t.throwsAsync(client.readMemory(0xf0000000, 16));
  t.is(
    error.message,
    `debug server ${client.connection.where}: memory at 0xf0000000 to 0xf0000010: found 'E14', expected data`,
  );
  t.is((await client.registers()).length, 17, 'the link is well after a refusal');
});

test('a request while the target runs is refused here, and does not stop the target', async (t) => {
  const { client } = await connected(t);
  const run = client.run();
  await t.throwsAsync(client.registers(), { code: 'HH1561' });
  await client.interrupt();
  t.is((await run).signal, 2, 'it was our interrupt that stopped it');
});

test('an unknown port says what to start', async (t) => {
  const { qemu, client } = await connected(t);
  client.connection.destroy();
  qemu.kill();
  await qemu[Symbol.asyncDispose]();
  await t.throwsAsync(RspClient.connect({ host: '127.0.0.1', port: qemu.port }), { code: 'HH1550' });
});

test('a server that dies while the target runs ends the run with its reason', async (t) => {
  const { qemu, client } = await connected(t);
  const run = client.run();
  qemu.kill();
  await t.throwsAsync(run, { code: 'HH1551', message: /during a run of the target/ });
  await t.throwsAsync(client.registers(), { code: 'HH1551' });
});

test('a second client of QEMU gets a time-out that names the request', async (t) => {
  const { qemu } = await connected(t);
  await t.throwsAsync(RspClient.connect({ host: '127.0.0.1', port: qemu.port, ackless: true, replyTimeoutMs: 300 }), {
    code: 'HH1552',
    message: /no reply to 'qSupported/,
  });
});
