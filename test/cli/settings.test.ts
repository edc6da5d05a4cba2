import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import test from 'ava';
import { boardsCommand } from '../../cli/commands/boards.js';
import { treeCommand } from '../../cli/commands/tree.js';
import { SETTINGS_SCHEMA, settingsFor } from '../../cli/settings.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const CSV = 'kind,address,size\nalloc,0x1000,16\nalloc,0x1010,16\n';

test('the command line comes before the environment, that before the project, that before the user', async (t) => {
  const cwd = tempFolder(t);
  const home = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), CSV);
  const format = async (env: Record<string, string>, ...args: string[]) => {
    const { status, stdout, stderr } = await runCli(['export', 'trace.csv', '-o', '-', ...args], {
      cwd,
      env: { XDG_CONFIG_HOME: home, ...env },
    });
    t.is(status, 0, stderr);
    return stdout.startsWith('{') ? 'json' : stdout.startsWith('desc:') ? 'massif' : 'folded';
  };
  t.is(await format({}), 'json');
  mkdirSync(join(home, 'heap-harvest'));
  writeFileSync(join(home, 'heap-harvest', 'config.json'), '{ "format": "massif", "quiet": true }');
  t.is(await format({}), 'massif');
  writeFileSync(
    join(cwd, 'harvest.config.json'),
    '{ "$schema": "x", "export": { "format": "folded" }, "board": "generic" }',
  );
  t.is(await format({}), 'folded');
  t.is(await format({ HARVEST_FORMAT: 'massif' }), 'massif');
  t.is(await format({ HARVEST_FORMAT: 'massif' }, '--format', 'speedscope'), 'json');
});

test('lists, numbers and flags are settings, too, and are checked as on the command line', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), CSV);
  const settings = (value: object) => writeFileSync(join(cwd, 'harvest.config.json'), JSON.stringify(value));
  settings({ hide: ['f', 'nosuch'], tree: { bytes: true, depth: 3 } });
  const { stdout, stderr } = await runCli(['tree', 'trace.csv'], { cwd });
  t.regex(stdout, /bytes/, stderr);
  settings({ tree: { depth: 'deep' } });
  t.regex(
    (await runCli(['tree', 'trace.csv'], { cwd })).stderr,
    /^HH1118 harvest\.config\.json: depth deep: found no number/,
  );
});

test('a setting that no command has is told with the one that was meant; that of another command is none of this one’s business', async (t) => {
  const cwd = tempFolder(t);
  const settings = (value: object) => writeFileSync(join(cwd, 'harvest.config.json'), JSON.stringify(value));
  settings({ bord: 'generic' });
  t.regex(
    (await runCli(['boards'], { cwd })).stderr,
    /^HH1121 harvest\.config\.json: bord: found no such setting, did you mean 'board'\?/,
  );
  settings({ tree: { bites: true } });
  t.regex((await runCli(['tree', 'x'], { cwd })).stderr, /^HH1121 .*tree\.bites: .*did you mean 'bytes'\?/);
  settings({ depth: 3, tree: { bytes: true } });
  t.is((await runCli(['boards'], { cwd })).status, 0);
  writeFileSync(join(cwd, 'harvest.config.json'), '{ "board": ');
  t.regex((await runCli(['boards'], { cwd })).stderr, /^HH1121 harvest\.config\.json: not JSON/);
});

test('a project does not choose the program that is run', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'harvest.config.json'), '{ "gdb": "./evil" }');
  const { status, stderr } = await runCli(['nosuch.elf'], { cwd });
  t.is(status, 2);
  t.regex(stderr, /^HH1121 harvest\.config\.json: gdb: found in the settings of a project/);
});

test('the schema describes the settings of every command', async (t) => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(SETTINGS_SCHEMA, 'utf8')));
  t.true(validate({ $schema: 'x', board: 'generic', until: ['a', 'b'], tree: { bytes: true } }));
  t.false(validate({ bord: 'generic' }));
  t.false(validate({ tree: { bytes: 'yes' } }));
});

test('nothing is looked up for what only the command line says', async (t) => {
  const env = { HARVEST_JSON: 'true', HARVEST_HELP: 'true', HARVEST_DEPTH: '2' };
  const found = await settingsFor({ word: 'tree', options: treeCommand.options }, env);
  t.deepEqual([...found.keys()], ['depth']);
  t.is((await settingsFor({ word: 'boards', options: boardsCommand.options }, env)).size, 0);
});
