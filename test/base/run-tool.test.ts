import test from 'ava';
import { outputOf, runTool } from '../../lib/base/run-tool.js';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test.serial(
  'a program that is not there gives no output, and leaves no timer that keeps the process alive',
  async (t) => {
    const before = timers();
    t.is(await outputOf('heap-harvest-no-such-program', []), undefined);
    t.is(timers(), before);
  },
);

test.serial('output and status of a program; one that takes too long is killed', async (t) => {
  const { status, stdout } = await runTool(process.execPath, ['-e', 'console.log(6 * 7); process.exitCode = 3']);
  t.deepEqual({ status, stdout }, { status: 3, stdout: '42\n' });
  t.is(await outputOf(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], 200), undefined);
});
