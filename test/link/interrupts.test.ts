import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Interrupts, type InterruptsOptions } from '../../lib/link/interrupts.js';
import { QuietTimes } from '../../lib/link/waits.js';
import { eventually } from '../support/eventually.js';

function watched(t: ExecutionContext, options: InterruptsOptions) {
  const seen = { speaks: false, looks: 0, sent: 0, lost: 0 };
  const link = {
    heardAt: () => {
      seen.looks++;
      return seen.speaks ? performance.now() : 0;
    },
    send: () => {
      seen.sent++;
    },
    unanswered: () => {
      seen.lost++;
    },
  };
  const interrupts = new Interrupts(link, options);
  t.teardown(() => interrupts.close());
  return { seen, interrupts };
}

test('whoever asks while an interrupt is under way joins it: one is sent, and the caller gets its stop', async (t) => {
  const { seen, interrupts } = watched(t, { quiet: new QuietTimes(100) });
  interrupts.began();
  await eventually(() => seen.sent > 0);
  // The period of a dump is over at the moment of the test.
  interrupts.ask('caller');
  interrupts.ask('test');
  t.is(seen.sent, 1);
  t.is(interrupts.stopped(true), 'asked');
  // Nobody asks in the next run: it is another's stop.
  interrupts.began();
  t.is(interrupts.stopped(true), 'itself');
});

test('an interrupt that met a breakpoint is told in the next run by some servers: that one is resumed', (t) => {
  const { seen, interrupts } = watched(t, {});
  interrupts.began();
  interrupts.ask('caller');
  t.is(interrupts.stopped(false), 'itself');
  t.true(interrupts.mayStopLate);
  interrupts.began();
  t.is(interrupts.stopped(true), 'test');
  t.false(interrupts.mayStopLate);
  t.is(seen.sent, 1);
});

test('where a slow target was asked twice, the second interrupt may stop it in a later run: that one is resumed, too', async (t) => {
  const { seen, interrupts } = watched(t, { answerMs: 60_000, repeatMs: 20 });
  interrupts.began();
  interrupts.ask('test');
  await eventually(() => seen.sent === 2);
  t.is(interrupts.stopped(true), 'test');
  t.true(interrupts.mayStopLate);
  interrupts.began();
  // A breakpoint on the way to it.
  t.is(interrupts.stopped(false), 'itself');
  interrupts.began();
  t.is(interrupts.stopped(true), 'test');
  t.false(interrupts.mayStopLate);
  interrupts.began();
  t.is(interrupts.stopped(true), 'itself');
});

test('a halted target is not interrupted', (t) => {
  const { seen, interrupts } = watched(t, {});
  interrupts.ask('caller');
  interrupts.began();
  interrupts.stopped(false);
  interrupts.ask('test');
  t.is(seen.sent, 0);
});

test('a target that does not stop is lost, after it was asked twice where an interrupt can be lost', async (t) => {
  const { seen, interrupts } = watched(t, { answerMs: 1300, repeatMs: 700, quiet: new QuietTimes(50) });
  interrupts.began();
  await eventually(() => seen.lost > 0);
  t.deepEqual([seen.sent, seen.lost], [2, 1]);
});

test('one that goes on speaking is not lost, but not waited for without an end', async (t) => {
  const { seen, interrupts } = watched(t, { answerMs: 100 });
  seen.speaks = true;
  interrupts.began();
  interrupts.ask('caller');
  await eventually(() => seen.lost > 0);
  t.is(seen.lost, 1);
  // A silent one is lost at the first look.
  t.true(seen.looks > 1, `${seen.looks}`);
});

test('time that this process did not run is not counted: its own standstill loses no target', async (t) => {
  const { seen, interrupts } = watched(t, { answerMs: 1_000 });
  interrupts.began();
  interrupts.ask('caller');
  const end = performance.now() + 1_500;
  while (performance.now() < end);
  await sleep(50);
  t.is(seen.lost, 0);
});

test('a quiet target is asked ever more seldom, and often again once something has happened', (t) => {
  const quiet = new QuietTimes(5);
  const waits = [];
  for (let i = 0; i < 6; i++) {
    waits.push(quiet.waitMs);
    quiet.answered();
  }
  t.deepEqual(waits, [1.5, 3.5, 5, 10, 16, 16]);
  quiet.reset();
  t.is(quiet.waitMs, 1.5);
});

test('what a running target prints is no silence', async (t) => {
  const { seen, interrupts } = watched(t, { quiet: new QuietTimes(100) });
  seen.speaks = true;
  interrupts.began();
  await eventually(() => seen.looks > 3);
  t.is(seen.sent, 0);
  seen.speaks = false;
  await eventually(() => seen.sent > 0);
  t.is(seen.sent, 1);
});
