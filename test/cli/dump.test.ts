import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ExitCode } from '../../lib/public/command-line.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const small = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

test('dumps at every Nth heap event and at the REPL, which layout shows', async (t) => {
  t.timeout(90_000);
  const out = join(tempFolder(t), 'dumps');
  const elf = small();
  const { status, stdout, stderr } = await runCli([
    'dump',
    elf,
    '--at',
    'gc_log_change',
    '--every',
    '200',
    '--out',
    out,
    '--json',
  ]);
  t.is(status, ExitCode.ok, stderr);
  const { base, files } = JSON.parse(stdout) as { base: string; files: string[] };
  // 557 events: two dumps on the way, one at the end.
  t.is(files.length, 3);
  t.deepEqual(readdirSync(out).length, 3);
  const layout = await runCli(['layout', ...files, '--base', base, '--elf', elf, '--json']);
  t.is(layout.status, ExitCode.ok, layout.stderr);
  const text = await runCli(['layout', files[2] ?? '', '--base', base, '--elf', elf]);
  // What a capture of the same firmware ends with (its oracle line).
  t.regex(text.stdout, /186/);
  t.regex(text.stdout, /236/);
});

test('dumps on a period end after their number', async (t) => {
  t.timeout(90_000);
  const out = join(tempFolder(t), 'dumps');
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'bootloop' });
  const { status, stderr } = await runCli(['dump', elf, '--period', '0.5', '--max-dumps', '2', '--out', out]);
  t.is(status, ExitCode.ok, stderr);
  t.is(readdirSync(out).length, 2);
});

test('a dump and the test of a quiet target, which fall on the same moment, do not disturb each other', async (t) => {
  t.timeout(90_000);
  const out = join(tempFolder(t), 'dumps');
  // It waits at its prompt: both interrupt it after 1.5 s.
  const three = ['--period', '1.5', '--max-dumps', '3', '--out', out];
  const { status, stderr } = await runCli(['dump', small(), ...three, '-vv']);
  t.is(status, ExitCode.ok, stderr);
  t.is(readdirSync(out).length, 3);
  t.is(stderr.match(/gdb> \d+-exec-interrupt/g)?.length, 3, 'one interrupt for both');
});

test('a region that is none is refused before anything starts', async (t) => {
  const out = join(tempFolder(t), 'dumps');
  const { status, stderr } = await runCli(['dump', small(), '--region', 'here', '--out', out]);
  t.is(status, ExitCode.usage);
  t.regex(stderr, /HH1115/);
  t.false(existsSync(out));
});
