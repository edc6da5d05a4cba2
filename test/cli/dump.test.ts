import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ExitCode } from '../../lib/public/command-line.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const small = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

for (const board of ['mps2-an385', 'virt-rv32', 'sim-lx106', 'sim-de212'] as const) {
  test(`${board}: dumps at every Nth heap event and at the REPL, which layout shows`, async (t) => {
    t.timeout(90_000);
    const out = join(tempFolder(t), 'dumps');
    const elf = lispFirmware({ board, opt: 'Og', variant: 'small' });
    const moments = ['--at', 'gc_log_change', '--every', '200'];
    const dump = await runCli(['dump', elf, '-b', `qemu-${board}`, ...moments, '--out', out, '--json']);
    t.is(dump.status, ExitCode.ok, dump.stderr);
    const { base, files } = JSON.parse(dump.stdout) as { base: string; files: string[] };
    // 556 or 557 events: two dumps on the way, one at the end.
    t.is(files.length, 3);
    t.deepEqual(readdirSync(out).length, 3);
    const layout = await runCli(['layout', files[2] ?? '', '--base', base, '--elf', elf]);
    t.is(layout.status, ExitCode.ok, layout.stderr);
    // What captures of this program end with (their oracle lines).
    t.regex(layout.stdout, /^186 heads, 236 used blocks/m);
  });
}

test('through a gdb that is named the dumps are the same', async (t) => {
  t.timeout(90_000);
  const folder = tempFolder(t);
  const dumpsOf = async (name: string, ...more: string[]) => {
    const out = join(folder, name);
    const { status, stderr } = await runCli(['dump', small(), '--at', 'gc_collect_end', '--out', out, ...more]);
    t.is(status, ExitCode.ok, stderr);
    return readdirSync(out).map((file) => readFileSync(join(out, file)));
  };
  const direct = await dumpsOf('direct');
  t.is(direct.length, 3);
  t.deepEqual(await dumpsOf('gdb', '--gdb', 'gdb-multiarch'), direct);
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
  const { status, stderr } = await runCli(['dump', small(), ...three, '-vvv']);
  t.is(status, ExitCode.ok, stderr);
  t.is(readdirSync(out).length, 3);
  t.is(stderr.match(/rsp> <interrupt>/g)?.length, 3, 'one interrupt for both');
});

test('a region that is none is refused before anything starts', async (t) => {
  const out = join(tempFolder(t), 'dumps');
  const { status, stderr } = await runCli(['dump', small(), '--region', 'here', '--out', out]);
  t.is(status, ExitCode.usage);
  t.regex(stderr, /HH1115/);
  t.false(existsSync(out));
});
