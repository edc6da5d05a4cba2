import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ExitCode, readJournal } from '../../lib/public/command-line.js';
import { projectRoot } from '../support/fixture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { notRun } from '../support/not-run.js';
import { CLI, runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const small = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
const CSV = 'kind,address,size,time\nalloc,0x1000,16,1\nalloc,0x1010,32,2\nfree,0x1000,,3\n';

/** The output places that can't be: a file, below a file, where nothing can be made. */
const IMPOSSIBLE = ['file', 'file/below', '/proc/x', '/dev/full', '/dev/null/x'];

test('an output that cannot be made ends every capture at once, with one message and status 4, before the target is touched', async (t) => {
  t.timeout(280_000);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'file'), 'mine');
  const elf = small();
  for (const out of IMPOSSIBLE) {
    for (const line of [[elf], ['capture', 'ring', '--via-gdb', '--elf', elf], ['dump', elf]]) {
      const { status, stderr, stdout } = await runCli([...line, '-v', '-o', out], { cwd: folder });
      t.is(status, ExitCode.partial, `${line[0]} ${out}: ${stderr}`);
      t.regex(stderr, /^HH1904 .*cannot be made or written to/m, out);
      t.is(stdout, '');
      t.notRegex(stderr, /run> .*qemu/, 'no emulator is started');
    }
  }
  t.is(readFileSync(join(folder, 'file'), 'utf8'), 'mine');
});

test('a capture that cannot begin leaves no folder behind', async (t) => {
  const folder = tempFolder(t);
  const { status } = await runCli([small(), '--gdb-server', '127.0.0.1:9', '-o', 'a/b/c'], { cwd: folder });
  t.is(status, ExitCode.target);
  t.deepEqual(readdirSync(folder), []);
});

test('a journal that is a link is moved aside, never followed out of the folder', async (t) => {
  t.timeout(280_000);
  const folder = tempFolder(t);
  const outside = join(tempFolder(t), 'victim');
  symlinkSync(outside, join(folder, 'capture.harvest'));
  const { status, stderr } = await runCli([small(), '--max-events', '50', '-q', '-o', folder]);
  t.is(status, ExitCode.ok, stderr);
  t.false(existsSync(outside));
  t.true(lstatSync(join(folder, 'capture.harvest')).isFile());
});

/** A line for bash: `harvest` is the command line under test. */
function bash(line: string, cwd: string): string {
  const script = `harvest() { ${process.execPath} ${CLI} "$@"; }\n${line}`;
  return execFileSync('bash', ['-c', script], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
}

test('devices, pipes of the shell and standard output are written straight into', async (t) => {
  t.timeout(280_000);
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), CSV);
  const direct = bash('harvest export trace.csv --format folded -o -', cwd);
  t.true(direct.length > 10);
  t.is(bash('harvest export trace.csv -q --format folded -o /dev/stdout', cwd), direct);
  t.is(bash('harvest export trace.csv -q --format folded -o /dev/stdout | cat', cwd), direct);
  t.is(bash('harvest export trace.csv -q --format folded -o >(cat); sleep 0.5', cwd), direct);
  // The shell's file is not replaced under its feet.
  t.is(
    bash('{ echo before; harvest export trace.csv -q --format folded -o /dev/stdout; echo after; } > f; cat f', cwd),
    `before\n${direct}after\n`,
  );
  bash('harvest export trace.csv -q --format folded -o /dev/null', cwd);
  t.true(lstatSync('/dev/null').isCharacterDevice());
});

test('a full device is told with status 4, as the output and as standard output', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), CSV);
  const file = await runCli(['export', 'trace.csv', '-o', '/dev/full'], { cwd });
  t.is(file.status, ExitCode.partial);
  t.regex(file.stderr, /^HH1903 \/dev\/full: cannot be written: ENOSPC/m);
  const wrapper = ['bash', '-c', 'exec "$@" > /dev/full', 'bash'];
  for (const args of [
    ['tree', 'trace.csv'],
    ['stats', 'trace.csv', '--json'],
    ['boards'],
    ['import', 'trace.csv', '-o', 'run'],
  ]) {
    const { status, stderr } = await runCli(args, { cwd, wrapper });
    t.is(status, ExitCode.partial, `${args.join(' ')}: ${stderr}`);
    t.regex(stderr, /^HH1906 standard output: cannot be written: ENOSPC/m, args.join(' '));
  }
});

test('a reader that leaves early is no failure', (t) => {
  t.notThrows(() => bash('set -o pipefail; harvest explain | head -1', projectRoot));
});

test('a disk that fills up ends in one message that says what is kept where, and counts right', async (t) => {
  t.timeout(280_000);
  const out = tempFolder(t);
  const wrapper = ['bash', '-c', 'ulimit -f 4; exec "$@"', 'bash'];
  const { status, stderr } = await runCli([small(), '-q', '--out', out], { wrapper });
  t.is(status, ExitCode.partial);
  const errors = stderr.split('\n').filter((line) => /^HH\d{4}/.test(line));
  t.is(errors.length, 1, stderr);
  const [, kept, all] =
    /^HH1902 .*EFBIG.*; kept: the first ([\d,]+) of ([\d,]+) events in .*capture\.harvest; .*cannot be written/.exec(
      errors[0] ?? '',
    ) ?? [];
  const count = (text = '') => Number(text.replaceAll(',', ''));
  t.is(count(kept), readJournal(readFileSync(join(out, 'capture.harvest'))).eventCount, stderr);
  t.true(count(kept) > 0 && count(all) >= count(kept));
});

test('a disk that fails when it must show its bytes is no success', async (t) => {
  t.timeout(280_000);
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), CSV);
  const wrapper = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO'];
  try {
    execFileSync('strace', ['-qq', '-o', '/dev/null', 'true']);
  } catch {
    return notRun(t, 'strace cannot run here');
  }
  const file = await runCli(['export', 'trace.csv', '-o', 'x.json'], { cwd, wrapper });
  t.is(file.status, ExitCode.partial, file.stderr);
  t.regex(file.stderr, /HH1903 x\.json: cannot be written: EIO/);
  t.deepEqual(readdirSync(cwd), ['trace.csv']);
  const capture = await runCli([small(), '-q', '--max-events', '50', '-o', 'run'], { cwd, wrapper });
  t.is(capture.status, ExitCode.partial, capture.stderr);
  t.regex(capture.stderr, /^HH1902 .*EIO/m);
});

test('too few file descriptors end in an error, not in a stack', async (t) => {
  t.timeout(280_000);
  const out = tempFolder(t);
  for (const limit of [24, 26, 28, 32]) {
    const wrapper = ['bash', '-c', `ulimit -n ${limit}; exec "$@"`, 'bash'];
    const { status, stderr } = await runCli([small(), '-q', '--max-events', '20', '-o', out], { wrapper });
    t.true(status !== null && [0, 2, 3, 4, 5].includes(status), `${limit}: ${status} ${stderr}`);
    t.notRegex(stderr, /fault of harvest|\n {4}at /, `${limit}`);
  }
});
