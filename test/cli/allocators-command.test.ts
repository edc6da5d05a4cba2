import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { hasTool } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

test('a program for another machine: what it has is listed, no command that must fail is recommended', async (t) => {
  if (!hasTool('gcc')) return notRun(t, 'no compiler for this machine');
  const folder = tempFolder(t);
  const source = join(folder, 'heap.c');
  writeFileSync(
    source,
    'void *pxEnd; char ucHeap[8]; void *pvPortMalloc(long n) { return n ? ucHeap : pxEnd; }\nint main(void) { return pvPortMalloc(1) == 0; }\n',
  );
  const elf = join(folder, 'heap.elf');
  execFileSync('gcc', ['-g', source, '-o', elf], { timeout: 60_000 });
  const { status, stdout, stderr } = await runCli(['allocators', elf]);
  t.is(status, 0, stderr);
  t.regex(stdout, /^freertos-heap-4 /);
  t.regex(stderr, /not to be followed: a program for x86-64/);
  t.notRegex(stderr, /next: harvest/);
  writeFileSync(source, 'int main(void) { return 0; }\n');
  execFileSync('gcc', ['-g', source, '-o', elf], { timeout: 60_000 });
  const without = await runCli(['allocators', elf]);
  t.regex(without.stdout, /no allocator that is known by its symbols/);
  t.regex(without.stderr, /not to be followed: a program for x86-64/);
  t.notRegex(without.stderr, /harvest --hook/);
});
