import { execFile } from 'node:child_process';
import test from 'ava';
import { CLI } from '../support/run-cli.js';

/** Opening a file never comes to an end, and nothing else keeps the process. */
const NEVER = `import promises from 'node:fs/promises'; promises.open = () => new Promise(() => undefined);`;

test('a command that waits for what cannot come does not end as if it had answered', async (t) => {
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    const args = ['--import', `data:text/javascript,${encodeURIComponent(NEVER)}`, CLI, 'stats', 'package.json'];
    execFile(process.execPath, args, (error, _, text) => resolve({ code: error?.code, stderr: text }));
  });
  t.is(code, 70);
  t.regex(stderr, /a fault of harvest itself.*\n.*waits for something that cannot come/);
});
