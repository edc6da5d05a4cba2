// Runs the linter and all tests, and closes with one line that machines read: `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));

const lint = spawnSync(process.execPath, [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const ava = spawn(process.execPath, [bin('ava/entrypoints/cli.mjs'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, NO_COLOR: process.stdout.isTTY ? (process.env.NO_COLOR ?? '') : '1' },
});

let tail = '';
let passed = 0;
ava.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  // The reporter's own count of what passed is left out when something failed.
  passed += text.split('✔').length - 1;
  tail = (tail + text).slice(-20_000);
});
ava.on('close', (status) => {
  const count = (pattern) => Number(pattern.exec(tail)?.[1] ?? 0);
  const uncaught = count(/^\s*(\d+) uncaught exceptions?/m) + count(/^\s*(\d+) unhandled rejections?/m);
  let failed = count(/^\s*(\d+) tests? failed/m) + uncaught;
  if (status !== 0 && failed === 0) failed = 1;
  if (lint.status !== 0) {
    process.stdout.write('\nthe linter found faults: npm run lint\n');
    failed++;
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});
