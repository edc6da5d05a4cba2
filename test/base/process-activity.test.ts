import { spawn } from 'node:child_process';
import test from 'ava';
import { groupActivity, isIdle } from '../../lib/base/process-activity.js';
import { eventually } from '../support/eventually.js';

const here = process.platform === 'linux' ? test.serial : test.serial.skip;

here('a group of processes that only waits is idle, one that computes is not, whoever in it does', async (t) => {
  const group = (script: string) => {
    const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
    t.teardown(() => process.kill(-(child.pid ?? 0), 'SIGKILL'));
    return child.pid ?? 0;
  };
  const waits = group('sleep 300 & wait');
  const looksAt = (id: number) => Array.from({ length: 3 }, () => groupActivity(id));
  await eventually(() => isIdle(looksAt(waits)), 60_000);
  t.true(isIdle(looksAt(waits)));
  const computes = group('while :; do :; done & wait');
  const first = groupActivity(computes);
  await eventually(() => (groupActivity(computes)?.ticks ?? 0) > (first?.ticks ?? 0) + 2, 60_000);
  t.false(isIdle([first, groupActivity(computes), groupActivity(computes)]));
});

test('where nothing is known of a group it is not idle', (t) => {
  t.is(groupActivity(2 ** 30), undefined);
  t.false(isIdle([undefined, undefined, undefined]));
});

test('three looks tell: one of them may have met it running, two may not, and no time may have been computed', (t) => {
  const at = (ticks: number, wantsToRun = false) => ({ ticks, wantsToRun });
  t.true(isIdle([at(5), at(5), at(6)]));
  t.true(isIdle([at(5), at(5, true), at(6)]));
  t.true(isIdle([at(0, true), at(90, true), at(5), at(5), at(5)]), 'only the last three');
  t.false(isIdle([at(5, true), at(5), at(5, true)]));
  t.false(isIdle([at(5), at(6), at(9)]));
  t.false(isIdle([at(5), at(5)]), 'too few');
  t.false(isIdle([at(5), undefined, at(5)]));
});
