import test from 'ava';
import { GraphRequests } from '../../lib/capture/objects/graph-requests.js';

test('who asks is answered when the graph was taken; the target is interrupted until then', async (t) => {
  const requests = new GraphRequests();
  let interrupts = 0;
  requests.connect(() => {
    interrupts++;
    // The first two find the target halted at an event.
    if (interrupts === 3) requests.served();
  });
  t.true(await requests.ask());
  t.is(interrupts, 3);
  t.false(requests.isOpen);
});

test('without a capture, behind its end, and beside another who asks, nothing is read', async (t) => {
  const requests = new GraphRequests();
  t.false(await requests.ask());
  requests.connect(() => undefined);
  const first = requests.ask();
  t.true(requests.isOpen);
  t.false(await requests.ask());
  requests.close();
  t.false(await first);
  t.false(await requests.ask());
});

test('a target that cannot be read is not waited for without end', async (t) => {
  const requests = new GraphRequests();
  requests.connect(() => undefined);
  t.false(await requests.ask(1));
  t.false(requests.isOpen);
});

test('what is being read is waited for, however long it takes', async (t) => {
  const requests = new GraphRequests();
  requests.connect(() => {
    requests.begun();
    setTimeout(() => requests.served(), 150);
  });
  t.true(await requests.ask(1));
});
