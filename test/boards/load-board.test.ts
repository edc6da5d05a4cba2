import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { boardJsonSchema } from '../../lib/boards/board-schema.js';
import { boardNames, loadBoard, parseBoard } from '../../lib/boards/load-board.js';
import { BoardConfigError } from '../../lib/errors/errors.js';
import { projectRoot } from '../support/fixture.js';

const folder = join(projectRoot, 'board-configs');

test('every board file is read, and its memory is where it says', async (t) => {
  const names = await boardNames();
  t.true(names.includes('metro_m0_express'));
  for (const name of names) t.is((await loadBoard(name)).name, name);
  const metro = await loadBoard('metro_m0_express');
  t.deepEqual(metro.memory[1], { name: 'ram', kind: 'ram', baseAddress: 0x20000000, sizeBytes: 32768 });
  t.is(metro.applicationAddress, 0x2000);
  t.is(metro.servers.openocd?.tclPort, 6666);
});

test('the JSON Schema beside the files is the one of the reader', (t) => {
  const onDisk: unknown = JSON.parse(readFileSync(join(folder, 'board.schema.json'), 'utf8'));
  t.deepEqual(onDisk, JSON.parse(boardJsonSchema()));
});

const metroText = () => readFileSync(join(folder, 'metro_m0_express.json'), 'utf8');

test('an unknown field is refused, with the one that was meant', (t) => {
  const error = t.throws(() => parseBoard(metroText().replace('"verified"', '"verifyed"'), 'mine'), {
    instanceOf: BoardConfigError,
  });
  t.is(error?.code, 'HH1203');
  t.regex(error?.message ?? '', /unknown field 'verifyed', did you mean 'verified'\?/);
});

test('an unknown field deep inside is named by its path', (t) => {
  const text = metroText().replace('"transport"', '"transprt"');
  t.throws(() => parseBoard(text, 'mine'), { message: /'servers\.openocd\.transprt', did you mean 'transport'\?/ });
});

test('a wrong value is named with its field', (t) => {
  t.throws(() => parseBoard(metroText().replace('"32K"', '"32 K"'), 'mine'), {
    message: /field 'memory\.1\.sizeBytes': expected a size such as "256K"/,
  });
});

test('text that is not JSON is an error of its own', (t) => {
  t.throws(() => parseBoard('{', 'mine'), { code: 'HH1202' });
});

test('a misspelt board name suggests the near one', async (t) => {
  const error = await t.throwsAsync(loadBoard('metro_m0_expres'), { instanceOf: BoardConfigError });
  t.regex(error?.message ?? '', /no such board, did you mean 'metro_m0_express'\?/);
  await t.throwsAsync(loadBoard('./none.json'), { code: 'HH1201' });
});
