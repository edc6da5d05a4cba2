import test from 'ava';
import { COMMANDS, commandsFor } from '../../cli/commands/index.js';
import { runCli } from '../support/run-cli.js';

test('the first word names the command whose module is loaded', async (t) => {
  for (const { word, load } of COMMANDS) t.true((await load()).words.includes(word), word);
});

test('a command line that begins with a command needs that one, any other all of them', async (t) => {
  t.is((await commandsFor(['import', 'x'])).length, 1);
  t.is((await commandsFor(['--json', '-q', 'tree', 'x'])).length, 1);
  for (const argv of [[], ['--help'], ['firmware.elf'], ['--board', 'import', 'x'], ['imprt']])
    t.is((await commandsFor(argv)).length, COMMANDS.length, argv.join(' '));
});

test('the help of harvest lists every command, and that of a command its options', async (t) => {
  const all = await runCli(['--help']);
  for (const { word } of COMMANDS) if (word !== 'run') t.regex(all.stdout, new RegExp(`harvest ${word}\\b`), word);
  const one = await runCli(['tree', '--help']);
  t.regex(one.stdout, /--at-peak/);
  t.is(one.status, 0);
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
  t.regex(option.stderr, /bites.*\n.*try: harvest tree --help/);
});
