import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { complete } from '../../cli/complete.js';
import { shellScript } from '../../cli/options/shell-scripts.js';
import { CLI } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const texts = async (shell: string, ...words: string[]) => (await complete(shell, words)).map(({ text }) => text);

test('commands, options, boards, formats, engines and allocators are completed', async (t) => {
  t.deepEqual(
    await texts('zsh', 'exp'),
    ['export', 'explain'].sort((a) => (a === 'export' ? -1 : 1)),
  );
  t.deepEqual(await texts('zsh', 'tree', 'x', '--at'), ['--at', '--at-peak']);
  t.deepEqual(await texts('zsh', '--board', 'metro_m0'), ['metro_m0_express']);
  t.deepEqual(await texts('zsh', '-b', 'metro_m0'), ['metro_m0_express']);
  t.deepEqual(await texts('zsh', 'boards', 'metro_m0'), ['metro_m0_express']);
  t.deepEqual(await texts('fish', 'run', '--engine', ''), ['auto', 'direct', 'gdb']);
  t.true((await texts('zsh', 'export', 'x', '--format', 's')).includes('speedscope'));
  t.true((await texts('zsh', 'fw.elf', '--allocator', 'free')).includes('freertos-heap-4'));
  t.true((await texts('zsh', 'explain', 'HH110')).includes('HH1101'));
});

test('a value behind = is completed: whole for zsh and fish, the part behind it for bash, which splits there', async (t) => {
  t.deepEqual(await texts('zsh', '--board=metro_m0'), ['--board=metro_m0_express']);
  t.deepEqual(await texts('bash', '--board', '=', 'metro_m0'), ['metro_m0_express']);
});

test('nothing is offered where a file is meant, and behind --', async (t) => {
  t.deepEqual(await texts('zsh', 'tree', ''), []);
  t.deepEqual(await texts('zsh', 'tree', '--', '--at'), []);
});

test('the script for bash works in bash', (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'harvest'), `#!/bin/sh\nexec ${process.execPath} ${CLI} "$@"\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'script'), shellScript('bash'));
  const line = `PATH=${folder}:$PATH; . ${folder}/script
COMP_WORDS=(harvest run --board = metro_m0); COMP_CWORD=4; _harvest 2>/dev/null; echo "\${COMPREPLY[*]}"
COMP_WORDS=(harvest tree --at-p); COMP_CWORD=2; _harvest 2>/dev/null; echo "\${COMPREPLY[*]}"`;
  t.is(execFileSync('bash', ['-c', line], { encoding: 'utf8' }), 'metro_m0_express\n--at-peak\n');
});
