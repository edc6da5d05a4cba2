import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { access, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import test from 'ava';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { projectRoot } from '../support/fixture.js';
import { tempFolder } from '../support/temp-folder.js';

const run = promisify(execFile);

/** The package as `npm pack` makes it, unpacked into `package/` beside the archive. */
async function pack(folder: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: projectRoot, timeout: 120_000 });
  const archive = join(folder, stdout.trim().split('\n').at(-1) ?? '');
  await run('tar', ['-xzf', archive, '-C', folder]);
  return archive;
}

const packFolder = mkdtempSync(join(tmpdir(), 'heap-harvest-'));
const archive = await pack(packFolder);
test.after.always(() => rmSync(packFolder, { recursive: true, force: true }));

/** What a strict program that uses every entry looks like. */
const CONSUMER = `
import { assertNoLeaks, harvest, type HeapCapture, LiveHeapSession, openCapture } from 'heap-harvest';
import { callTree, heapStats } from 'heap-harvest/analysis';
import { detectFormat, journalBytes, type Trace } from 'heap-harvest/formats';
import { AlloctraceClient, openSerialPort } from 'heap-harvest/live';
import { lifespans } from 'heap-harvest/browser';
import { openDataset } from 'heap-harvest/fleet';

export async function check(path: string): Promise<number> {
  const capture: HeapCapture = await openCapture(path);
  const trace: Trace = capture.trace;
  assertNoLeaks(capture, { limitBytes: 16 });
  return callTree(trace).root.live.bytes + heapStats(trace).peak.bytes + journalBytes(trace).length + lifespans(trace).count;
}
export const others = [harvest, LiveHeapSession, detectFormat, AlloctraceClient, openSerialPort, openDataset];
`;

test('a strict TypeScript program compiles against the packed package, its declarations checked too', async (t) => {
  t.timeout(240_000);
  const folder = tempFolder(t);
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await cp(join(packFolder, 'package'), join(modules, 'heap-harvest'), { recursive: true });
  // What npm would install beside it: its dependencies only, and not the optional ones.
  const { dependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
    if (name.includes('/')) await mkdir(join(modules, name.split('/')[0] ?? ''), { recursive: true });
    await symlink(join(projectRoot, 'node_modules', name), join(modules, name)).catch(() => undefined);
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'check.ts'), CONSUMER);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'es2022',
    module: 'nodenext',
    types: ['node'],
    preserveSymlinks: true,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['check.ts'] }));
  const compiler = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => error);
  t.is(stdout, '');
});

test('publint and arethetypeswrong find nothing in the packed package', async (t) => {
  t.timeout(240_000);
  const bytes = await readFile(archive);
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer },
    strict: true,
  });
  t.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
  const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
  t.truthy(checked.types);
  // ES modules only, on purpose: require() of them and Node 10's resolution are not served.
  const problems = (checked.types ? checked.problems : []).filter(
    (problem) =>
      problem.kind !== 'CJSResolvesToESM' &&
      !(
        'resolutionKind' in problem &&
        (problem.resolutionKind === 'node10' || problem.resolutionKind === 'node16-cjs')
      ),
  );
  t.deepEqual(problems, []);
});

test('every folder and file that the README links to is in the package', async (t) => {
  const readme = await readFile(join(projectRoot, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
  t.true(links.length > 5);
  const missing: string[] = [];
  for (const link of links) {
    const there = await readdir(join(packFolder, 'package', link)).catch(() =>
      readFile(join(packFolder, 'package', link)).catch(() => undefined),
    );
    if (!there) missing.push(link);
  }
  t.deepEqual(missing, []);
});

test('the API reference is made without a warning', async (t) => {
  t.timeout(240_000);
  const typedoc = join(projectRoot, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const args = [typedoc, '--emit', 'none', '--logLevel', 'Warn'];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: projectRoot }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  t.is(stdout + stderr, '');
});

test('what the sources of the packed firmwares include is packed, too', async (t) => {
  const folder = join(packFolder, 'package', 'examples', 'firmware');
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.[chS]$/.test(name));
  t.true(names.length > 20);
  for (const name of names) {
    const source = await readFile(join(folder, name), 'utf8');
    for (const [, included = ''] of source.matchAll(/^#include "(\.\.\/[^"]+)"/gm))
      await t.notThrowsAsync(access(join(folder, dirname(name), included)), `${name}: ${included}`);
  }
});
