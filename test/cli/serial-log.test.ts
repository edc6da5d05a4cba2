import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ExitCode } from '../../lib/public/command-line.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

test.serial(
  'the lines of the console are kept with the events that they fell between, and shown with -v',
  async (t) => {
    t.timeout(120_000);
    const folder = tempFolder(t);
    const log = join(folder, 'console.txt');
    const args = ['--engine', 'direct', '--send', '(work 1)', '--serial-log', log, '-v', '-o', folder, elf];
    const { status, stderr, stdout } = await runCli(args);
    t.is(status, ExitCode.ok, stderr);
    const [head, ...lines] = readFileSync(log, 'utf8').trimEnd().split('\n');
    t.is(head, '# events before, console line');
    const rows = lines.map((line) => line.split('\t'));
    t.true(rows.length > 1, lines.join());
    const before = rows.map(([events]) => Number(events));
    t.deepEqual(
      before,
      [...before].sort((a, b) => a - b),
    );
    const total = Number(/^events +([\d,]+):/m.exec(stdout)?.[1]?.replaceAll(',', ''));
    t.true((before.at(-1) ?? 0) <= total);
    // What is typed is echoed behind the prompt of the boot, whose events come first.
    const typed = rows.find(([, text]) => text?.includes('(work 1)'));
    t.true(Number(typed?.[0]) > 100, lines.join('\n'));
    for (const [, text] of rows) t.true(stderr.includes(`console> ${text}`), text);
  },
);

test('a log that cannot be written is refused before the target is touched', async (t) => {
  const folder = tempFolder(t);
  const { status, stderr } = await runCli(['--serial-log', join(folder, 'no', 'log.txt'), '-o', folder, elf]);
  t.is(status, ExitCode.partial);
  t.regex(stderr, /HH1566 --serial-log .*: cannot be written/);
  t.notRegex(stderr, /capturing/);
});
