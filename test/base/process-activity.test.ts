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
  await eventually(() => isIdle(groupActivity(waits)), 60_000);
  t.true(isIdle(groupActivity(waits)));
  const computes = group('while :; do :; done & wait');
  const first = groupActivity(computes);
  await eventually(() => (groupActivity(computes)?.ticks ?? 0) > (first?.ticks ?? 0) + 1, 60_000);
  t.false(isIdle(groupActivity(computes), first));
});

test('where nothing is known of a group it is not idle', (t) => {
  t.is(groupActivity(2 ** 30), undefined);
  t.false(isIdle(undefined));
});
