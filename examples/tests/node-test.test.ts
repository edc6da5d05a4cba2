/* Runs the example for Node's own test runner in this project's CI. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const here = dirname(fileURLToPath(import.meta.url));

test('the example for node:test passes under node --test', async (t) => {
  t.timeout(240_000);
  const script = join(here, 'node-test', 'boot-budget.js');
  // A test runner inside of another one would report to it instead of to us.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', script], { env, timeout: 200_000 });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  t.is(status, 0, output);
  t.regex(output, /# pass 5\n/);
  t.regex(output, /# fail 0\n/);
});
