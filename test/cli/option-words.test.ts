import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../cli/commands/index.js';
import { assumptionWords, optionWords } from '../../cli/option-words.js';
import { describeError, errorJson } from '../../cli/print-error.js';
import { UsageError } from '../../lib/public/command-line.js';
import { projectRoot } from '../support/fixture.js';

test('the fields of the library are told as options, with their own words where those differ', (t) => {
  t.is(optionWords('add options.captureLargest, or options.hooks'), 'add --capture-largest, or --hook');
  t.is(optionWords('options.until main: found none; options.verify=false'), '--until main: found none; --no-verify');
  t.is(optionWords('(options.lookThrough=false shows it)'), '(--no-look-through shows it)');
});

test('a firmware’s own text stays as it is', (t) => {
  for (const text of ['options.format(x)', 'src/options.until:12', 'self.options.load', 'options.load(now)']) {
    t.is(optionWords(text), text);
  }
  t.is(assumptionWords('12 B options.load\nassumed: options.load'), '12 B options.load\nassumed: --load');
});

test('an error at the terminal and in --json names the option, in the library the field', (t) => {
  const error = new UsageError('HH1104', 'options.until x: found no such function', { remedy: 'or options.prompt' });
  t.true(error.message.startsWith('options.until'));
  t.regex(
    describeError(error, false).text,
    /HH1104.* --until x: found no such function\n {2}try: or --until-prompt\n$/,
  );
  t.like(JSON.parse(errorJson(error)).error, {
    message: '--until x: found no such function',
    remedy: 'or --until-prompt',
  });
});

test('the library writes no option with dashes, and what is put for its fields are options of the command line', async (t) => {
  const known = new Set<string>();
  for (const entry of COMMANDS) {
    const { options } = await entry.load();
    for (const { name } of options) known.add(name);
  }
  for (const field of [
    'hooks',
    'patterns',
    'prompt',
    'speedKhz',
    'heapSizeBytes',
    'qemuArgs',
    'timeoutMs',
    'maxDepth',
  ]) {
    t.true(known.has(optionWords(`options.${field}`).slice(2)), field);
  }
  const dashed = new RegExp(`(?<!['\\w-])--(?:no-)?(${[...known].join('|')})(?![\\w-]|')`);
  for (const file of readdirSync(join(projectRoot, 'lib'), { recursive: true, encoding: 'utf8' })) {
    // The catalogue is what `harvest explain` says: the command line's own text. Servers have options of their own.
    if (!file.endsWith('.ts') || /catalogue|launched-servers|gdb-process|sysviewtrace/.test(file)) continue;
    for (const line of readFileSync(join(projectRoot, 'lib', file), 'utf8').split('\n')) {
      if (/--depth === 0|^\s*(\/\/|\*|\/\*|import |export .* from )/.test(line)) continue;
      const text = line.replace(/\\?`harvest [^`]*`/g, '');
      t.notRegex(text, dashed, `${file}: write options.NAME`);
    }
  }
});
