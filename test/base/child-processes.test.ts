import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { killTool, spawnTool, toolEnded } from '../../lib/base/child-processes.js';
import { runTool } from '../../lib/base/run-tool.js';
import { eventually } from '../support/eventually.js';
import { tempFolder } from '../support/temp-folder.js';

const MODULE = new URL('../../lib/base/child-processes.js', import.meta.url).href;

/** A script that is not the program itself: it waits for it, and does not hand on what it is told. */
function wrapper(folder: string, command: string): string {
  const path = join(folder, 'wrapper.sh');
  writeFileSync(path, `#!/bin/sh\ntrap '' TERM\n${command}\n`);
  chmodSync(path, 0o755);
  return path;
}

function running(mark: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(mark) && !line.includes('ps -eo'));
}

async function untilGone(mark: string): Promise<string[]> {
  await eventually(() => running(mark).length === 0);
  return running(mark);
}

/** Never ends, and is found by its mark. */
const sleeper = (mark: string) => `"${process.execPath}" -e 'setInterval(() => 0, 1000)' ${mark}`;

test('a program behind a script that waits for it is killed with the script', async (t) => {
  const mark = `mark-group-${process.pid}`;
  const child = spawnTool(wrapper(tempFolder(t), `${sleeper(mark)}\necho not here`), []);
  t.true(await eventually(() => running(mark).length > 0));
  killTool(child, 'SIGKILL');
  await toolEnded(child);
  t.deepEqual(await untilGone(mark), []);
});

test('a script that ends takes what it left running with it, and its end is seen though its pipes stay open', async (t) => {
  const mark = `mark-left-${process.pid}`;
  const { status, stdout } = await runTool(wrapper(tempFolder(t), `${sleeper(mark)} &\necho begun; exit 3`), []);
  t.deepEqual({ status, stdout }, { status: 3, stdout: 'begun\n' });
  t.deepEqual(await untilGone(mark), []);
});

test('its end is seen by a process that waits for nothing else', (t) => {
  const waits = `
    const { spawnTool, toolEnded } = await import(${JSON.stringify(MODULE)});
    const child = spawnTool('/bin/true', []);
    child.stdin.end();
    child.stdout.resume();
    child.stderr.resume();
    await toolEnded(child);
    process.stdout.write('seen');
  `;
  t.is(execFileSync(process.execPath, ['--input-type=module', '-e', waits], { encoding: 'utf8' }), 'seen');
});

test('a program that takes too long is killed with all that it started', async (t) => {
  const mark = `mark-late-${process.pid}`;
  const { status } = await runTool(wrapper(tempFolder(t), sleeper(mark)), [], 400);
  t.is(status, -1);
  t.deepEqual(await untilGone(mark), []);
});

test('kill -9 of the process that started them leaves no program behind, however early it comes', async (t) => {
  t.timeout(240_000);
  for (const delayMs of [0, 1, 2, 5, 10, 20, 50, 200]) {
    const mark = `mark-orphan-${process.pid}-${delayMs}`;
    const path = wrapper(tempFolder(t), sleeper(mark));
    const code = `import(${JSON.stringify(MODULE)}).then(({ spawnTool }) => { spawnTool(${JSON.stringify(path)}, []); process.stdout.write('begun'); setInterval(() => 0, 1000); })`;
    const parent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    await sleep(delayMs);
    parent.kill('SIGKILL');
    await sleep(100);
    t.deepEqual(await untilGone(mark), [], `after ${delayMs} ms`);
  }
});

test('nor does it when the program was asked to end before, and does not heed it', async (t) => {
  const mark = `mark-asked-${process.pid}`;
  const stubborn = `process.on("SIGTERM", () => console.log("asked")); setInterval(() => 0, 1000); console.log("up")`;
  const path = wrapper(tempFolder(t), `"${process.execPath}" -e '${stubborn}' ${mark}`);
  const code = `import(${JSON.stringify(MODULE)}).then(({ spawnTool, killTool }) => {
    const child = spawnTool(${JSON.stringify(path)}, []);
    child.stdout.once('data', () => killTool(child, 'SIGTERM'));
    child.stdout.pipe(process.stdout);
  })`;
  const parent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  t.true(await eventually(() => said.includes('asked')));
  t.not(running(mark).length, 0);
  parent.kill('SIGKILL');
  t.true(await eventually(() => parent.exitCode !== null || parent.signalCode !== null));
  t.deepEqual(await untilGone(mark), []);
});

test('a program that is not there is an error, as without a guard', async (t) => {
  const child = spawnTool('heap-harvest-no-such-program', []);
  const error = await new Promise<Error>((resolve) => child.once('error', resolve));
  t.regex(error.message, /ENOENT/);
  t.is(child.pid, undefined);
});

test('the program has the process number that was given, and its own input, output and status', async (t) => {
  const child = spawnTool('/bin/sh', ['-c', 'read -r line; echo "$$ $line"; exit 7']);
  child.stdin.end('hello\n');
  let said = '';
  child.stdout.on('data', (text) => {
    said += String(text);
  });
  await toolEnded(child);
  t.is(said, `${child.pid} hello\n`);
  t.is(child.exitCode, 7);
});
