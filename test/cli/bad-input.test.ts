import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ExitCode } from '../../lib/public/command-line.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const small = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

interface Case {
  readonly args: (folder: string) => readonly string[];
  readonly exit: number;
  readonly says: RegExp;
  readonly remedy: RegExp;
  readonly env?: Readonly<Record<string, string>>;
}

/** A bad input ends with its error, its remedy and its exit code, and leaves no file behind. */
const refused = test.macro(async (t, { args, exit, says, remedy, env }: Case) => {
  t.timeout(180_000);
  const folder = tempFolder(t);
  const out = join(folder, 'out');
  const { status, stderr, stdout } = await runCli([...args(folder), '--out', out], { ...(env ? { env } : {}) });
  t.regex(stderr, says);
  t.regex(stderr, remedy);
  t.is(status, exit);
  t.is(stdout, '');
  t.false(existsSync(out) && readdirSync(out).length > 0, 'no output is made');
});

test('no such ELF', refused, {
  args: () => ['nosuch.elf'],
  exit: ExitCode.usage,
  says: /HH1101 nosuch\.elf: cannot be read: ENOENT/,
  remedy: /try: give the ELF file/,
});

test('not an ELF', refused, {
  args: (folder) => {
    writeFileSync(join(folder, 'a.bin'), 'not an ELF file at all');
    return [join(folder, 'a.bin')];
  },
  exit: ExitCode.usage,
  says: /HH1301 .*a\.bin: .*expected 7f 45 4c 46/,
  remedy: /try: .*\.uf2/,
});

test('an ELF that is cut short', refused, {
  args: (folder) => {
    const cut = join(folder, 'cut.elf');
    writeFileSync(cut, execFileSync('head', ['-c', '3000', small()]));
    return [cut];
  },
  exit: ExitCode.usage,
  says: /HH1302 .*cut\.elf/,
  remedy: /try: /,
});

test('an ELF without symbols', refused, {
  args: (folder) => {
    const stripped = join(folder, 'stripped.elf');
    copyFileSync(small(), stripped);
    execFileSync('arm-none-eabi-strip', ['-s', stripped]);
    return [stripped];
  },
  exit: ExitCode.usage,
  says: /HH1350 .*found no symbol table/,
  remedy: /try: .*strip/,
});

test('an ELF without the log function', refused, {
  args: () => [lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'nolog' })],
  exit: ExitCode.usage,
  says: /HH1352 gc_log_change: found no such function, expected a firmware built with LOG_HEAP_ACTIVITY/,
  remedy: /#define LOG_HEAP_ACTIVITY 1.*py\/gc\.c.*--allocator auto \(found gc_alloc\)/,
});

test('an ELF for another architecture', refused, {
  args: () => [process.execPath],
  exit: ExitCode.usage,
  says: /HH1351 .*found a program for x86-64, expected arm/,
  remedy: /try: /,
});

test('no gdb', refused, {
  args: () => [small(), '--engine', 'gdb', '--gdb', '/nonexistent/gdb'],
  exit: ExitCode.toolMissing,
  says: /HH1801 gdb: found none that runs, tried \/nonexistent\/gdb/,
  remedy: /apt-get install gdb-multiarch/,
});

test('no gdb, by the environment', refused, {
  args: () => [small(), '--engine', 'gdb'],
  env: { HARVEST_GDB: '/nonexistent/gdb' },
  exit: ExitCode.toolMissing,
  says: /HH1801/,
  remedy: /HARVEST_GDB/,
});

test('no QEMU', refused, {
  args: () => [small()],
  env: { PATH: '/nonexistent' },
  exit: ExitCode.toolMissing,
  says: /HH1803 qemu-system-arm: cannot be run|HH1801/,
  remedy: /apt-get install/,
});

test('no such board', refused, {
  args: () => [small(), '--board', 'qemu-mps2-an358'],
  exit: ExitCode.usage,
  says: /HH1201 .*did you mean 'qemu-mps2-an385'\?/,
  remedy: /harvest boards/,
});

test('an end that is not in the firmware', refused, {
  args: () => [small(), '--until', 'pyexec_freindly_repl'],
  exit: ExitCode.usage,
  says: /HH1104 --until pyexec_freindly_repl: found no such function.*did you mean 'pyexec_friendly_repl'\?/,
  remedy: /./,
});

test('an end line without code', refused, {
  args: () => [small(), '--until', 'gc.c:99999'],
  exit: ExitCode.usage,
  says: /HH1104 --until gc\.c:99999: found no code at this line/,
  remedy: /./,
});

test('a server that does not listen', refused, {
  args: () => [small(), '--gdb-server', '127.0.0.1:9'],
  exit: ExitCode.target,
  says: /127\.0\.0\.1:9/,
  remedy: /try: start it, or let it be started/,
});

test('an unknown option', refused, {
  args: () => [small(), '--bord', 'x'],
  exit: ExitCode.usage,
  says: /HH1109 harvest: --bord: no such option, did you mean '--board'/,
  remedy: /harvest --help/,
});

test('an import of nothing known', refused, {
  args: (folder) => {
    writeFileSync(join(folder, 'x.txt'), 'hello');
    return ['import', join(folder, 'x.txt')];
  },
  exit: ExitCode.usage,
  says: /HH1402 .*expected the start of a known trace format/,
  remedy: /--format/,
});

test('a REPL that is never reached ends with what was captured and exit status 4', async (t) => {
  t.timeout(180_000);
  const out = tempFolder(t);
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'bootloop' });
  const { status, stdout } = await runCli([elf, '--timeout', '12', '--out', out, '--json']);
  const summary = JSON.parse(stdout) as { events: number; endReason: string; complete: boolean };
  t.is(status, ExitCode.partial);
  t.true(summary.events > 0);
  t.false(summary.complete);
  t.regex(summary.endReason, /^time-out after 12 s: pyexec_friendly_repl was not reached; the target is in /);
  t.true(existsSync(join(out, 'allocation_history.json')));
});

test('a disk that is full keeps the journal’s prefix, exit status 4', async (t) => {
  t.timeout(180_000);
  const out = tempFolder(t);
  const wrapper = ['bash', '-c', 'ulimit -f 4; exec "$@"', 'bash'];
  const { status, stderr } = await runCli([small(), '--engine', 'gdb', '--out', out], { wrapper });
  t.is(status, ExitCode.partial);
  t.regex(stderr, /HH190[23] .*(EFBIG|ENOSPC)/);
  const again = tempFolder(t);
  copyFileSync(join(out, 'capture.harvest'), join(again, 'capture.harvest'));
  const finished = await runCli([join(again, 'capture.harvest'), '--json']);
  t.is(finished.status, ExitCode.partial);
  t.true((JSON.parse(finished.stdout) as { events: number }).events > 50);
});

test('a file whose name is no UTF-8 is told as that, with a way to read it all the same', async (t) => {
  const folder = tempFolder(t);
  const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.csv')]);
  writeFileSync(name, 'kind,address,size\nalloc,0x1000,16\n');
  // A shell hands the bytes on; spawn cannot.
  const stats = (how: string) => runCli([], { wrapper: ['bash', '-c', `"$1" "$2" stats ${how}`, 'bash'] });
  const named = await stats(`"${folder}"/caf*`);
  t.is(named.status, ExitCode.usage);
  t.regex(named.stderr, /HH1105 .*\n {2}try: if its name is not UTF-8 .* - < FILE/);
  const read = await stats(`- < "${folder}"/caf*`);
  t.is(read.status, ExitCode.ok, read.stderr);
});

test('a folder is told as one, and a capture’s with the journal in it', async (t) => {
  const folder = tempFolder(t);
  const none = await runCli(['stats', folder]);
  t.is(none.status, ExitCode.usage);
  t.true(
    none.stderr.includes(`HH1105 ${folder}: cannot be read: it is a folder\n  try: name a file in it`),
    none.stderr,
  );
  const journal = join(folder, 'capture.harvest');
  writeFileSync(journal, '');
  const capture = await runCli(['stats', folder]);
  t.is(capture.status, ExitCode.usage);
  t.true(capture.stderr.includes(`  try: name the journal in it: ${journal}\n`), capture.stderr);
});
