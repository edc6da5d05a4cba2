import test from 'ava';
import { BreakpointChanges } from '../../../lib/capture/direct/breakpoint-changes.js';
import { RspClient } from '../../../lib/link/rsp/rsp-client.js';
import { greeting, startScriptedServer } from '../../support/scripted-server.js';

const [ENTRY, END, FIRST, SECOND] = [0x100, 0x200, 0x300, 0x400];

/** Against a server of two comparators. */
async function against(
  overrides: Readonly<Record<string, string>>,
  body: (changes: BreakpointChanges, client: RspClient, asked: () => string[]) => Promise<void>,
): Promise<void> {
  const plain = greeting({ z1: 'OK', z0: 'OK', Z0: 'OK', ...overrides });
  let set = 0;
  await using server = await startScriptedServer((request, socket) => {
    if (request.startsWith('z1')) set--;
    if (!request.startsWith('Z1') || overrides.Z1 !== undefined) return plain(request, socket);
    return ++set <= 2 ? 'OK' : 'E0e';
  });
  const client = await RspClient.connect({
    host: '127.0.0.1',
    port: server.port,
    maySoftwareBreakpoint: (address) => address === SECOND,
    // A guard against hanging.
    replyTimeoutMs: 60_000,
  });
  const before = server.requests.length;
  try {
    await body(new BreakpointChanges(client), client, () =>
      server.requests.slice(before).filter((one) => /^z/i.test(one)),
    );
  } finally {
    client.connection.destroy();
  }
}

test('a breakpoint that the server never had there is asked for at once, behind those that make room for it', async (t) => {
  await against({}, async (changes, client, asked) => {
    await changes.set(ENTRY);
    await changes.set(END);
    await changes.remove(END);
    t.deepEqual(asked(), ['Z1,100,2', 'Z1,200,2']);
    await changes.set(FIRST);
    t.deepEqual(asked(), ['Z1,100,2', 'Z1,200,2', 'z1,200,2', 'Z1,300,2']);
    t.deepEqual(changes.requests(), []);
    t.deepEqual(client.breakpoints.addresses, [ENTRY, FIRST]);
  });
});

test('one that it had there before goes with the order to run, and what is given back goes first', async (t) => {
  await against({}, async (changes, client, asked) => {
    for (const address of [ENTRY, END]) await changes.set(address);
    await changes.remove(END);
    await changes.set(FIRST);
    const before = asked().length;
    await changes.remove(FIRST);
    await changes.set(END);
    t.is(asked().length, before);
    t.deepEqual(
      [END, FIRST].map((address) => changes.willHave(address)),
      [true, false],
    );
    // As long as the target has not run it is as it was.
    t.deepEqual(
      [END, FIRST].map((address) => client.breakpoints.has(address)),
      [false, true],
    );
    t.deepEqual(changes.requests(), ['z1,300,2', 'Z1,200,2']);
    t.true(client.breakpoints.maybeSet.includes(END));
    changes.confirmed();
    t.deepEqual(
      [END, FIRST].map((address) => client.breakpoints.has(address)),
      [true, false],
    );
    t.deepEqual(changes.requests(), []);
  });
});

test('changes that undo each other are not asked for', async (t) => {
  await against({}, async (changes, _, asked) => {
    await changes.set(ENTRY);
    await changes.remove(ENTRY);
    await changes.set(ENTRY);
    await changes.remove(END);
    t.deepEqual(changes.requests(), []);
    t.deepEqual(asked(), ['Z1,100,2']);
  });
});

test('more at once than the server ever had are asked for while the target is halted, and refused with the reason', async (t) => {
  await against({}, async (changes) => {
    for (const address of [ENTRY, END]) await changes.set(address);
    await changes.remove(END);
    await changes.set(FIRST);
    await t.throwsAsync(changes.set(END), { message: /breakpoint at 0x00000200: found 'E0e', with 2 breakpoints/ });
  });
});

test('one that had to be a software breakpoint is set again as one', async (t) => {
  await against({ Z1: 'E01' }, async (changes, _, asked) => {
    await changes.set(SECOND);
    await changes.remove(SECOND);
    await changes.flush();
    await changes.set(SECOND);
    t.deepEqual(changes.requests(), ['Z0,400,2']);
    t.deepEqual(asked(), ['Z1,400,2', 'Z0,400,2', 'z0,400,2']);
  });
});

test('where each packet is acknowledged nothing is put off', async (t) => {
  await against({ QStartNoAckMode: '' }, async (changes, client, asked) => {
    await changes.set(ENTRY);
    await changes.remove(ENTRY);
    await changes.set(ENTRY);
    t.deepEqual(asked(), ['Z1,100,2', 'z1,100,2', 'Z1,100,2']);
    t.deepEqual(client.breakpoints.addresses, [ENTRY]);
  });
});
