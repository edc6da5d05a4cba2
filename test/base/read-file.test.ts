import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readWhole } from '../../lib/base/read-file.js';
import { tempFolder } from '../support/temp-folder.js';

test('a file is read whole, a larger one is refused by its size before it is read', async (t) => {
  const path = join(tempFolder(t), 'file');
  writeFileSync(path, 'hello');
  t.is(String(await readWhole(path, 5)), 'hello');
  await t.throwsAsync(readWhole(path, 4), { message: 'found 5 B or more, expected at most 4 B' });
  // A hole: no disk holds it.
  truncateSync(path, 2 ** 40);
  await t.throwsAsync(readWhole(path, 2 ** 30), { message: /^found 1048576\.0 MiB or more/ });
});

test('an endless device is refused after 64 MiB at the most, an empty one is empty', async (t) => {
  await t.throwsAsync(readWhole('/dev/zero', 2 ** 30), { message: /expected at most 64\.0 MiB/ });
  t.is((await readWhole('/dev/null', 2 ** 30)).length, 0);
});

test('a pipe is read to its end', async (t) => {
  const path = join(tempFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const reading = readWhole(path, 100);
  writeFileSync(path, 'through the pipe');
  t.is(String(await reading), 'through the pipe');
});
