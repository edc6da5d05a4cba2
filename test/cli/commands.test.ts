import test from 'ava';
import { splitLine } from '../../cli/command-line.js';
import { COMMANDS } from '../../cli/commands/index.js';
import { runCli } from '../support/run-cli.js';

test('the first word names the command whose module is loaded', async (t) => {
  for (const { word, load } of COMMANDS) t.is((await load()).name.split(' ')[0], word);
});

test('the word of a command stands first, behind flags that every command has; any other line is the default command', (t) => {
  t.is(splitLine(['import', 'x']).entry?.word, 'import');
  t.deepEqual(splitLine(['--json', '-q', 'tree', 'x']).args, ['--json', '-q', 'x']);
  for (const argv of [[], ['--help'], ['firmware.elf'], ['--board', 'import', 'x'], ['imprt']]) {
    t.is(splitLine(argv).entry, undefined, argv.join(' '));
    t.deepEqual(splitLine(argv).args, argv);
  }
});

test('the help of harvest lists every command in 40 lines, and that of a command its options', async (t) => {
  const all = await runCli(['--help']);
  for (const { word } of COMMANDS) t.regex(all.stdout, new RegExp(`^  ${word}\\b`, 'm'), word);
  t.true(all.stdout.trimEnd().split('\n').length <= 40);
  const one = await runCli(['tree', '--help']);
  t.regex(one.stdout, /--at-peak/);
  t.is(one.status, 0);
});

test('harvest alone shows the help, and is no success: a variable of a script may be empty', async (t) => {
  const { status, stdout } = await runCli([]);
  t.is(stdout, (await runCli(['--help'])).stdout);
  t.is(status, 2);
});

test('every command has three examples that begin with harvest or pipe into it', async (t) => {
  for (const { word, load } of COMMANDS) {
    const { examples } = await load();
    t.true(examples.length >= 3, word);
    for (const [line] of examples) t.regex(line, /(^|\| )harvest /, word);
  }
});

test('the help of each command fits a screen of 40 lines', async (t) => {
  for (const { word } of COMMANDS) {
    const { stdout } = await runCli([word, '--help']);
    t.true(stdout.trimEnd().split('\n').length <= 40, word);
  }
});

test('a misspelt command is told with the one that was meant, a misspelt option with the help of its command', async (t) => {
  const misspelt = await runCli(['imprt', 'x.log']);
  t.is(misspelt.status, 2);
  t.regex(misspelt.stderr, /HH1109 .*did you mean 'import'\?/);
  const option = await runCli(['tree', 'x', '--bites']);
  t.is(option.status, 2);
  t.regex(
    option.stderr,
    /HH1109 harvest tree: --bites: no such option, did you mean '--bytes'\?\n.*try: harvest tree --help/,
  );
  t.regex((await runCli(['fw.elf', '--untill', 'x'])).stderr, /did you mean '--until'\?/);
  t.regex((await runCli(['tree', 'x', '--at-peek'])).stderr, /did you mean '--at-peak'\?/);
  t.regex((await runCli(['boards', 'metro_m0'])).stderr, /did you mean 'metro_m0_express'\?/);
});
