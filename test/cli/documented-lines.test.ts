import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { COMMON_OPTIONS, splitLine } from '../../cli/command-line.js';
import { entryOf } from '../../cli/commands/index.js';
import { addMarks, journalBytes, loadTrace, writeWhole } from '../../lib/public/command-line.js';
import { kindOf } from '../support/documented-kinds.js';
import { type DocumentedLine, documentedLines, unquotedLines } from '../support/documented-lines.js';
import { fixture, projectRoot } from '../support/fixture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { mpyCross } from '../support/mpy-compiler.js';
import { CLI, runCli } from '../support/run-cli.js';

/** How many lines run at once. */
const AT_ONCE = 1;
/** Servers are interrupted when they say that they serve. */
const SERVES = /serving at|; Ctrl-C ends it/;

test('the error catalogue has its command lines in backticks, where this test finds them', (t) => {
  t.deepEqual(unquotedLines(), []);
});

test('every command line of README, docs, --help, the error catalogue and the remedies says how it is tried', async (t) => {
  const lines = await documentedLines();
  t.true(lines.length > 120, `${lines.length}`);
  t.deepEqual(
    lines.filter(({ line }) => kindOf(line) === undefined),
    [],
  );
});

test('every mention of a command names what there is', async (t) => {
  for (const { line, from } of await documentedLines()) {
    if (kindOf(line)?.kind !== 'name') continue;
    const { entry, args } = splitLine(line.split(' ').slice(1));
    const command = await (entry ?? entryOf('run'))?.load();
    const names = [...(command?.options ?? []), ...COMMON_OPTIONS].map(({ name }) => `--${name}`);
    const used = args.filter((word) => word.startsWith('--'));
    t.deepEqual(
      used.filter((word) => !names.includes(word)),
      [],
      `${from}: ${line}`,
    );
  }
});

let folder = '';
test.before('the files that the documents name', async (t) => {
  t.timeout(290_000);
  folder = mkdtempSync(join(tmpdir(), 'heap-harvest-documented-'));
  await furnish(folder);
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Groups of lines, each a test, so that one that hangs is found. */
const GROUPS: readonly (readonly [title: string, pattern: RegExp])[] = [
  ['captures', /harvest (-|dump|session|capture|demo|FILE|\S+\.(elf|harvest)\b)/],
  ['questions about traces', /harvest (tree|stats|leaks|frag|pools|whatif|diff|check|layout|mpy|fleet)\b/],
  ['all others', /./],
];

for (const [i, [title, pattern]] of GROUPS.entries())
  test.serial(
    `every documented command line runs, to its end or up to the board or the file that is not here: ${title}`,
    async (t) => {
      t.timeout(290_000);
      const before = GROUPS.slice(0, i).map(([, other]) => other);
      const lines = (await documentedLines()).filter(
        ({ line }) => kindOf(line)?.kind === 'run' && pattern.test(line) && !before.some((other) => other.test(line)),
      );
      t.true(lines.length > 10, title);
      t.deepEqual(await tryAll(lines), []);
    },
  );

/** What is wrong with the lines, each tried in a copy of the files. */
async function tryAll(lines: readonly DocumentedLine[]): Promise<string[]> {
  const wrong: string[] = [];
  // Several documents may come to the same line.
  const waiting = [...new Map(lines.map((each) => [triedOf(each.line), each])).values()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const cwd = mkdtempSync(join(folder, 'line-'));
      execFileSync('cp', ['-rlT', join(folder, 'files'), cwd]);
      const fault = await tryLine(next, cwd);
      if (fault !== undefined) wrong.push(fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return wrong;
}

/** Puts the files there that the documents name. */
async function furnish(folder: string): Promise<void> {
  const files = join(folder, 'files');
  mkdirSync(join(files, 'lib'), { recursive: true });
  execFileSync('make', ['-s', '-C', join(projectRoot, 'test/fixtures/documented'), `OUT=${files}`]);
  const at = (name: string) => join(files, name);
  copyFileSync(at('firmware.elf'), at('fw.elf'));
  const lisp = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'big' });
  copyFileSync(lisp, at('firmware-with-debug.elf'));
  copyFileSync(lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' }), at('lisp.elf'));
  const capture = await runCli([lisp, '--engine', 'direct', '--max-events', '1500', '-q', '-o', folder]);
  if (capture.status !== 0) throw new Error(capture.stderr);
  const trace = (await loadTrace(join(folder, 'capture.harvest'))).builder.build();
  const journal = Buffer.concat(journalBytes(addMarks(trace, ['before=400', 'after=1100'])));
  for (const name of ['capture.harvest', 'main.harvest', 'branch.harvest']) writeFileSync(at(name), journal);
  for (const name of ['run1', 'harvest-demo']) {
    mkdirSync(at(name));
    writeFileSync(join(at(name), 'capture.harvest'), journal);
  }
  writeFileSync(at('mylog.txt'), fixture('micropython-microbit/mylog.txt.gz'));
  writeFileSync(at('heap.bin'), fixture('micropython-microbit/heap-at-repl.bin.gz'));
  writeFileSync(at('trace.csv'), 'kind,address,size,time\nalloc,0x1000,16,1\nfree,0x1000,,2\n');
  writeFileSync(at('heaptrace'), journal);
  writeFileSync(at('page.html'), '<!doctype html>');
  writeFileSync(at('heap.budget.toml'), 'schema = 1\n\n[heap]\npeak = "1M"\n');
  for (const name of ['app.mpy', 'lib/a.mpy', 'lib/b.mpy'])
    await writeWhole(at(name), [await mpyCross(6, 'app.py', 'x = [1, 2]\n')]);
  for (const line of [
    ['check', 'capture.harvest', '--allow-incomplete', '--write-baseline', 'heap.baseline.json'],
    ['export', 'capture.harvest', '--format', 'parquet', '--dataset', 'fleet', '-q'],
    ['dump', 'lisp.elf', '--at', 'gc_log_change', '--max-dumps', '2', '-o', '.'],
    ['firmware.elf', '--allocator', 'auto', '--until', 'main_loop', '-q', '-o', 'leaky'],
  ]) {
    const { status, stderr } = await runCli(line, { cwd: files });
    if (status !== 0) throw new Error(`${line.join(' ')}: ${stderr}`);
  }
  renameSync(join(at('leaky'), 'capture.harvest'), at('leaky.harvest'));
  const { events } = (await loadTrace(at('leaky.harvest'))).builder.build();
  writeFileSync(at('leaky-address'), `${events.address[0]}`);
}

async function tryLine({ line, from }: DocumentedLine, cwd: string): Promise<string | undefined> {
  const kind = kindOf(line);
  if (kind?.kind !== 'run') return undefined;
  const tried = triedOf(line);
  const { status, stderr } = await runLine(tried, cwd);
  const expected = kind.status ?? [0];
  const asExpected = expected.includes(status) && (kind.says?.test(stderr) ?? true);
  return asExpected ? undefined : `${from}: ${line} (tried: ${tried}): status ${status}, ${stderr.slice(-400)}`;
}

/** The line with what this machine has otherwise. */
function triedOf(line: string): string {
  const kind = kindOf(line);
  return kind?.kind === 'run' ? (kind.replace ?? []).reduce((text, [from, to]) => text.replace(from, to), line) : line;
}

function runLine(line: string, cwd: string): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve) => {
    const script = `set -o pipefail; harvest() { exec "${process.execPath}" "${CLI}" "$@"; }\n${line}`;
    // A group of its own: the shell's children get the interrupt, too. No browser opens: there is no DISPLAY.
    const env = { ...process.env, NO_COLOR: '1', DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: 'true' };
    const child = spawn('bash', ['-c', script], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    const end = (signal: NodeJS.Signals) => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
    };
    const timer = setTimeout(() => end('SIGKILL'), 240_000);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!SERVES.test(stdout) && SERVES.test(stdout + text)) setTimeout(() => end('SIGINT'), 500);
      if (stdout.length < 10_000) stdout += text;
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status: status ?? -1, stderr });
    });
  });
}
