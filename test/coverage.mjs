// Runs the tests (or those named) under c8 and prints what of lib/ they reach: the table of all files, then the ten least covered.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const run = spawnSync(
  process.execPath,
  [
    path('node_modules/c8/bin/c8.js'),
    ...['--include', 'dist/lib/**', '--include', 'lib/**', '--merge-async'],
    ...['--reporter', 'text', '--reporter', 'json-summary'],
    ...[process.execPath, path('node_modules/ava/entrypoints/cli.mjs'), ...process.argv.slice(2)],
  ],
  {
    cwd: path('.'),
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${new URL('support/coverage-of-workers.mjs', import.meta.url).href}`,
    },
  },
);

const summary = JSON.parse(readFileSync(path('coverage/coverage-summary.json'), 'utf8'));
const files = Object.entries(summary)
  .filter(([name, { lines }]) => name.startsWith(path('lib/')) && lines.total > 0)
  .map(([name, { lines, branches }]) => ({ name: name.slice(path('').length), lines, branches }))
  .sort((a, b) => a.lines.pct - b.lines.pct || a.branches.pct - b.branches.pct);
console.log('\nLeast covered files of lib/ (lines, branches):');
for (const { name, lines, branches } of files.slice(0, 10)) console.log(`${lines.pct} %  ${branches.pct} %  ${name}`);
process.exitCode = run.status ?? 1;
