import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from './support/fixture.js';
import { runCli } from './support/run-cli.js';
import { tempFolder } from './support/temp-folder.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');

test('every command of the README’s console blocks works on the demo’s output', async (t) => {
  t.timeout(240_000);
  const cwd = tempFolder(t);
  const demo = await runCli(['demo', '--variant', 'small', '--quiet'], { cwd });
  t.is(demo.status, 0, demo.stderr);
  const commands = [...readme.matchAll(/```console\n([\s\S]*?)```/g)]
    .flatMap((block) => (block[1] ?? '').split('\n'))
    .filter((line) => line.startsWith('$ harvest '))
    .map((line) => line.slice('$ harvest '.length).split(' '));
  t.true(commands.length >= 6);
  for (const args of commands) {
    const { status, stdout, stderr } = await runCli(args, { cwd });
    t.is(status, 0, `harvest ${args.join(' ')}: ${stderr}`);
    t.true(stdout.length + stderr.length > 0);
  }
  t.true(existsSync(join(cwd, 'report.html')));
});

test('every document that the README names is there', (t) => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
  t.deepEqual(
    links.filter((link) => !existsSync(join(projectRoot, link))),
    [],
  );
});

test('the two commands are scripts of package.json', (t) => {
  const scripts = (
    JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  ).scripts;
  t.regex(readme, /npm run demo/);
  t.truthy(scripts.demo);
  t.truthy(scripts.test);
});
