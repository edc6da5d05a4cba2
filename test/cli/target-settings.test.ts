import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OptionSet } from '../../cli/options/option-set.js';
import { targetOptions, withTargetOptions } from '../../cli/target-options.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });

type TargetArgs = Parameters<typeof targetOptions>[0];
/** What the parser gives where nothing is on the command line but this. */
const given = (args: Partial<TargetArgs> = {}) =>
  ({ load: false, verify: true, reset: 'halt', after: 'run', ...args }) as TargetArgs;

test('each setting of a target has its variable, which the command line overrules', (t) => {
  t.true(withTargetOptions(OptionSet.empty).options.length > 10);
  const env = {
    HARVEST_BOARD: 'pyboard_v11',
    HARVEST_SERVER: 'openocd',
    HARVEST_GDB_SERVER: ':3333',
    HARVEST_INTERFACE: 'jlink',
    HARVEST_PROBE: '0600',
    HARVEST_SERVER_PROGRAM: '/opt/openocd',
    HARVEST_GDB: '/opt/gdb',
  };
  const { board, server, gdbServer, interface: driver, probe, serverProgram, gdb } = targetOptions(given(), { env });
  t.deepEqual([board, server, gdbServer, driver, probe, serverProgram, gdb], Object.values(env));
  t.is(targetOptions(given({ board: 'metro_m0_express' }), { env }).board, 'metro_m0_express');
  t.throws(() => targetOptions(given(), { env: { HARVEST_SERVER: 'jlnk' } }), { code: 'HH1118' });
});

test('the board of the environment comes before the project’s, and a wrong one is told with the one that was meant', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'harvest.config.json'), '{ "board": "qemu-microbitt" }');
  const said = async (env: Record<string, string>, ...args: string[]) =>
    (await runCli([...args, elf], { cwd, env: { XDG_CONFIG_HOME: cwd, ...env } })).stderr;
  t.regex(await said({}), /HH1201 --board qemu-microbitt: no such board, did you mean 'qemu-microbit'\?/);
  t.regex(await said({ HARVEST_BOARD: 'metro_m0_expres' }), /HH1201 --board metro_m0_expres: .*'metro_m0_express'/);
  t.regex(await said({ HARVEST_BOARD: 'x' }, '--board', 'microbit_v3'), /HH1201 --board microbit_v3: .*'microbit_v1'/);
});

test('a rate of the environment is a number, as on the command line', async (t) => {
  const { status, stderr } = await runCli([elf], { cwd: tempFolder(t), env: { HARVEST_SPEED: 'fast' } });
  t.is(status, 2);
  t.regex(stderr, /HARVEST_SPEED/);
});
