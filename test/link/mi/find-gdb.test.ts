import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findGdb } from '../../../lib/link/mi/find-gdb.js';
import { tempFolder } from '../../support/temp-folder.js';

function program(folder: string, name: string, command: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${command}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the first gdb that answers is taken, with what it says of itself', async (t) => {
  const folder = tempFolder(t);
  const broken = program(folder, 'broken', 'exit 1');
  const plain = program(folder, 'plain', 'echo "GNU gdb (a board vendor) 12.1"');
  const found = await findGdb(undefined, { gdbPrograms: [join(folder, 'none'), broken, plain] });
  t.deepEqual(found, { path: plain, version: 'GNU gdb (a board vendor) 12.1', hasPython: false });
});

test('one that is late is not called missing', async (t) => {
  const folder = tempFolder(t);
  const late = program(folder, 'late', 'exec sleep 600');
  const none = join(folder, 'none');
  await t.throwsAsync(findGdb(undefined, { gdbPrograms: [none, late], answerMs: 200 }), {
    code: 'HH1801',
    message: `gdb: found none that runs, tried ${none}, ${late} (did not answer within 0.2 s)`,
  });
});
