import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseBudget } from '../../lib/analysis/budget-file.js';
import { projectRoot } from '../support/fixture.js';
import { CLI } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const action = (name: string) => readFileSync(join(projectRoot, 'examples', 'ci', name), 'utf8');

/** The script of the action's one step: what stands deeper than its `run: |`. */
function script(): string {
  const [, body = ''] = action('action.yml').split('run: |\n');
  return body.replaceAll(/^ {8}/gm, '');
}

function run(cwd: string, env: Record<string, string>): Promise<{ status: number; stdout: string }> {
  return new Promise((resolve) => {
    const all = { ...process.env, NO_COLOR: '1', HARVEST: `${process.execPath} ${CLI}`, ...env };
    // As GitHub's runner starts a step with shell: bash.
    execFile('bash', ['-eo', 'pipefail', '-c', script()], { cwd, env: all, timeout: 120_000 }, (error, stdout) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout });
    });
  });
}

test('the action fails on a broken limit, marks its source line, and writes the report and the summary', async (t) => {
  t.timeout(240_000);
  const cwd = tempFolder(t);
  await writeFile(
    join(cwd, 'trace.csv'),
    'kind,address,size,function,file,line\nalloc,0x1000,64,net_open,src/net.c,40\n',
  );
  await writeFile(join(cwd, 'tight.toml'), 'schema = 1\n[heap]\npeak = 16\n');
  await writeFile(join(cwd, 'wide.toml'), 'schema = 1\n[heap]\npeak = "1K"\n');
  const common = {
    TRACE: 'trace.csv',
    BASELINE: '',
    JUNIT: 'heap.xml',
    GITHUB_STEP_SUMMARY: 'summary.md',
    GITHUB_WORKSPACE: cwd,
  };
  const broken = await run(cwd, { ...common, BUDGET: 'tight.toml' });
  t.is(broken.status, 1);
  t.regex(broken.stdout, /^::error file=src\/net\.c,line=40,title=heap budget::heap: peak 64 B/m);
  t.regex(await readFile(join(cwd, 'heap.xml'), 'utf8'), /file="src\/net\.c" line="40"/);
  t.regex(await readFile(join(cwd, 'summary.md'), 'utf8'), /### Heap budget: \*\*broken\*\*/);
  const kept = await run(cwd, { ...common, BUDGET: 'wide.toml' });
  t.is(kept.status, 0);
  t.notRegex(kept.stdout, /::error/);
});

test('the budget of the example is one, and the workflow names files that are there', (t) => {
  t.is(parseBudget(action('heap.budget.toml')).rules.length, 2);
  t.regex(action('workflow.yml'), /uses: \.\/examples\/ci\n/);
  t.regex(action('workflow.yml'), /budget: examples\/ci\/heap\.budget\.toml\n/);
});
