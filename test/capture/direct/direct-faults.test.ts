import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { DirectEngineOptions } from '../../../lib/capture/direct/direct-engine.js';
import { type Captured, eventLines } from '../../support/capture.js';
import { FAULTS, type Faulty, faultySession, judge as judged } from '../../support/faulty-link.js';

const EVENTS = 40;
const run = (faulty: Faulty | undefined, options: DirectEngineOptions = {}, splitBytes = false) =>
  faultySession({ events: EVENTS, options, splitBytes, ...(faulty ? { faulty } : {}) });
const clean = await run(undefined);
const cleanLines = eventLines(clean.captured.trace);
const judge = (captured: Captured) => judged(captured, cleanLines);

test('the clean session: every event, two trips each, nothing left over', (t) => {
  t.is(clean.captured.error, undefined);
  t.is(cleanLines.length, EVENTS);
  t.is(clean.captured.trace.info.complete, true);
  t.is(clean.leftOver, 0);
});

test('the same events when the server splits packets at every byte', async (t) => {
  const { captured } = await run(undefined, {}, true);
  t.deepEqual(eventLines(captured.trace), cleanLines);
});

test('the same events in the one-write mode, in half the trips', async (t) => {
  const { captured } = await run(undefined, { oneWrite: true });
  t.deepEqual(eventLines(captured.trace), cleanLines);
  const trips = (c: Captured) => Number(c.trace.info.engineReport?.roundTripsPerEvent);
  t.true(trips(captured) < trips(clean.captured) - 0.7);
});

/** Every packet's turn comes with one fault or another; all with each: dist/test/support/every-packet-fault.js. */
const STRIDE = 7;

for (const direction of ['toServer', 'toClient'] as const) {
  for (const [at, [name, fault]] of FAULTS.entries()) {
    test.serial(
      `a packet ${direction === 'toServer' ? 'to' : 'from'} the server ${name}: no wrong event, no silent loss, no hang`,
      async (t) => {
        t.timeout(120_000);
        const count = clean.packets[direction];
        const waiting: number[] = [];
        for (let index = at % STRIDE; index < count; index += STRIDE) waiting.push(index);
        const work = async () => {
          for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
            const { captured } = await run({ direction, index, fault });
            const verdict = judge(captured);
            t.true(verdict === 'whole' || verdict === 'lost, and told', `packet ${index}: ${verdict}`);
          }
        };
        // Most sessions wait for what never comes.
        await Promise.all([work(), work(), work()]);
      },
    );
  }
}

test('a reply that is late, but in time, changes nothing', async (t) => {
  for (const index of [3, 20, 60, 61, 62, 63]) {
    const { captured } = await run({ direction: 'toClient', index, fault: { kind: 'late', until: sleep(60) } });
    t.is(judge(captured), 'whole', `packet ${index}`);
  }
});

test('breakpoints are taken away over a second connection when the first got out of step', async (t) => {
  const { captured, leftOver } = await run({ direction: 'toClient', index: 60, fault: { kind: 'duplicate' } });
  t.is(judge(captured), 'lost, and told');
  t.is(leftOver, 0);
});

test('an error reply in the middle of a capture is told with its request', async (t) => {
  const { captured } = await run({ direction: 'toClient', index: 60, fault: { kind: 'replace', payload: 'E01' } });
  t.is(judge(captured), 'lost, and told');
  t.true(captured.error instanceof Error && /E01/.test(captured.error.message), String(captured.error));
  t.regex(captured.trace.gaps[0]?.reason ?? '', /^connection lost: .*E01/);
});
