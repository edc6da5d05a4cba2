import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OutputError, writeWhole } from '../../lib/public/command-line.js';
import { tempFolder } from '../support/temp-folder.js';

test('a file appears whole, with the mode of the one before, and nothing else is left in its folder', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'a.json');
  writeFileSync(path, 'before', { mode: 0o640 });
  await writeWhole(path, ['one', new Uint8Array([0x20]), 'two']);
  t.is(readFileSync(path, 'utf8'), 'one two');
  t.is(statSync(path).mode & 0o777, 0o640);
  t.deepEqual(readdirSync(folder), ['a.json']);
});

test('what fails half-way leaves the file that was there, and no other', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'a.json');
  writeFileSync(path, 'before');
  function* broken() {
    yield 'x'.repeat(100_000);
    throw new Error('made no more');
  }
  const error = await t.throwsAsync(writeWhole(path, broken()), { instanceOf: OutputError });
  t.regex(error?.message ?? '', /a\.json: cannot be written: made no more/);
  t.is(readFileSync(path, 'utf8'), 'before');
  t.deepEqual(readdirSync(folder), ['a.json']);
});

test('a link is followed to its file, over several links, and stays a link', async (t) => {
  const folder = tempFolder(t);
  const elsewhere = tempFolder(t);
  writeFileSync(join(elsewhere, 'real'), 'before');
  symlinkSync(join(elsewhere, 'real'), join(elsewhere, 'hop'));
  symlinkSync(join(elsewhere, 'hop'), join(folder, 'link'));
  await writeWhole(join(folder, 'link'), ['after']);
  t.is(readFileSync(join(elsewhere, 'real'), 'utf8'), 'after');
  t.is(readlinkSync(join(folder, 'link')), join(elsewhere, 'hop'));
});

test('a link that leads nowhere is followed within its folder, and refused out of it', async (t) => {
  const folder = tempFolder(t);
  const outside = join(tempFolder(t), 'victim');
  symlinkSync('inside', join(folder, 'near'));
  await writeWhole(join(folder, 'near'), ['x']);
  t.is(readFileSync(join(folder, 'inside'), 'utf8'), 'x');
  for (const target of [outside, '../victim', '/nonexistent/folder/victim', 'far2'])
    symlinkSync(target, join(folder, `far${readdirSync(folder).length}`));
  for (const name of readdirSync(folder).filter((each) => each.startsWith('far'))) {
    const error = await t.throwsAsync(writeWhole(join(folder, name), ['x']), { instanceOf: OutputError }, name);
    t.is(error?.code, 'HH1905', name);
  }
  t.false(existsSync(outside));
});

test('a device is written into and stays a device', async (t) => {
  const device = join(tempFolder(t), 'null');
  try {
    execFileSync('mknod', [device, 'c', '1', '3'], { stdio: 'ignore' });
  } catch {
    // Only root makes devices: the system's own is as good, which root could destroy.
    await t.notThrowsAsync(writeWhole('/dev/null', ['x']));
    return;
  }
  await writeWhole(device, ['x']);
  t.true(lstatSync(device).isCharacterDevice());
});

test('a full device says so', async (t) => {
  const error = await t.throwsAsync(writeWhole('/dev/full', ['x']), { instanceOf: OutputError });
  t.regex(error?.message ?? '', /^\/dev\/full: cannot be written: ENOSPC/);
  t.true(lstatSync('/dev/full').isCharacterDevice());
});

test('a named pipe is waited for, filled as fast as its reader takes it, and stays a pipe', async (t) => {
  const pipe = join(tempFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const written = writeWhole(pipe, ['head ', 'x'.repeat(300_000), ' tail']);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const reader = spawn('cat', [pipe]);
  let text = '';
  for await (const piece of reader.stdout.setEncoding('utf8')) text += piece;
  await written;
  t.is(text.length, 300_010);
  t.true(text.startsWith('head x') && text.endsWith('x tail'));
  t.true(lstatSync(pipe).isFIFO());
});

test('a folder is no output', async (t) => {
  const path = join(tempFolder(t), 'folder');
  mkdirSync(path);
  const error = await t.throwsAsync(writeWhole(path, ['x']), { instanceOf: OutputError });
  t.regex(error?.message ?? '', /it is a folder/);
});
