import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { SelfTest } from '../../../lib/link/mi/self-test.js';
import { QuietTimes } from '../../../lib/link/waits.js';

function watched(quietMs: number) {
  const seen = { heardAt: performance.now(), interrupts: 0, lost: false };
  const target = {
    heardAt: () => seen.heardAt,
    interrupt: () => {
      seen.interrupts++;
    },
    lost: () => {
      seen.lost = true;
    },
  };
  return { seen, selfTest: new SelfTest(target, quietMs) };
}

test('a target that says nothing and does not answer an interrupt is lost, after it was asked twice', async (t) => {
  const { seen, selfTest } = watched(50);
  selfTest.begin();
  for (let i = 0; i < 200 && !seen.lost; i++) await sleep(50);
  t.true(seen.lost);
  t.is(seen.interrupts, 2);
  selfTest.end();
});

test('a target that speaks is not asked, and one that speaks while it is asked is not lost', async (t) => {
  const { seen, selfTest } = watched(500);
  selfTest.begin();
  for (let i = 0; i < 20; i++) {
    seen.heardAt = performance.now();
    await sleep(50);
  }
  t.is(seen.interrupts, 0);
  for (let i = 0; i < 100 && seen.interrupts === 0; i++) await sleep(20);
  t.is(seen.interrupts, 1);
  t.true(selfTest.asked);
  seen.heardAt = performance.now();
  selfTest.answered();
  await sleep(300);
  t.false(seen.lost);
  t.false(selfTest.asked);
});

test('a quiet target is asked ever more seldom, and often again once it has spoken', (t) => {
  const quiet = new QuietTimes(2, 16);
  const waits = [];
  for (let i = 0; i < 5; i++) {
    waits.push(quiet.waitMs);
    quiet.answered();
  }
  t.deepEqual(waits, [2, 4, 8, 16, 16]);
  quiet.reset();
  t.is(quiet.waitMs, 2);
});
