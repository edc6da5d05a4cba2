import { join } from 'node:path';
import test from 'ava';
import { completeCommand } from '../../cli/commands/session-prompt.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const firmware = () => lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

test.serial('session: a script of commands on an emulated firmware', async (t) => {
  t.timeout(120_000);
  const folder = tempFolder(t);
  const commands = [
    ...['init 5000', 'start all', 'wait >>>', 'stop', 'status', 'start leaks', 'mark before'],
    ...['type (define kept (array 1 2 3))', 'wait >>>', 'mark after', 'help', 'dump', 'quit'],
  ];
  const args = ['session', firmware(), '--out', folder, '--engine', 'direct'];
  const result = await runCli(args, { input: `${commands.join('\n')}\n` });
  t.is(result.status, 0, result.stderr);
  t.true(result.stdout.startsWith('stopped, 557 events since start\n'), result.stdout);
  t.regex(result.stdout, /mark NAME/);
  t.regex(result.stdout, /array_new/);
  t.regex(result.stderr, /8! = 40320/);
  const leaks = await runCli(['leaks', join(folder, 'capture.harvest'), '--json']);
  t.is(leaks.status, 0, leaks.stderr);
  t.deepEqual(
    JSON.parse(leaks.stdout).boundaries.map(({ name }: { name: string }) => name),
    ['before', 'after'],
  );
});

test.serial('session: a script ends at its first mistake, and the message says which', async (t) => {
  const cases: [input: string, status: number, code: string][] = [
    ['bogus\n', 2, 'HH1110'],
    ['start all\n', 3, 'HH1616'],
    ['init 0\n', 2, 'HH1615'],
    ['init\nstart sometimes\n', 2, 'HH1110'],
    ['init\nstart all\nlua f()\n', 2, 'HH1110'],
    ['init\nstart all\nwait never shown\n', 3, 'HH1193'],
    ['init\ntype x\n', 2, 'HH1192'],
  ];
  t.timeout(120_000);
  for (const [input, status, code] of cases) {
    const result = await runCli(['session', firmware(), '--timeout', '1', '--engine', 'direct'], { input });
    t.is(result.status, status, `${input}: ${result.stderr}`);
    t.true(result.stderr.includes(code), `${input}: ${result.stderr}`);
  }
});

test.serial('run --ring: the first N events end the capture, --no-stop-on-full keeps the last', async (t) => {
  t.timeout(120_000);
  const folder = tempFolder(t);
  const base = [firmware(), '--engine', 'direct', '--json', '--out', folder];
  const first = await runCli([...base, '--ring', '50', '--skip-frees', '--min-size', '32']);
  t.is(first.status, 0, first.stderr);
  t.is(JSON.parse(first.stdout).events, 50);
  const last = await runCli([...base, '--ring', '50', '--no-stop-on-full', '--collapse-pairs']);
  t.is(last.status, 4, 'what was overwritten is a gap: the capture is not whole');
  t.is(JSON.parse(last.stdout).events, 50);
  const wrong = await runCli([...base, '--collapse-pairs']);
  t.is(wrong.status, 2);
  t.regex(wrong.stdout + wrong.stderr, /HH1194|without --ring/);
  t.is((await runCli([...base, '--ring', '0'])).status, 2);
});

test('TAB completes the commands of the kind of session', (t) => {
  t.deepEqual(completeCommand('st', 'live'), [['start leaks', 'start all', 'stop', 'status'], 'st']);
  t.deepEqual(completeCommand('start a', 'live')[0], ['start all']);
  t.deepEqual(completeCommand('m', 'live')[0], ['mark ']);
  t.deepEqual(completeCommand('m', 'nodemcu')[0], []);
  t.deepEqual(completeCommand('l', 'nodemcu')[0], ['lua ']);
});
