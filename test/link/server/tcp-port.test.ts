import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { freePort } from '../../../lib/link/server/tcp-port.js';
import { projectRoot } from '../../support/fixture.js';

const COUNT = 400;

test('no port is given twice while a server may still be on its way to it, in no process', async (t) => {
  const module = pathToFileURL(`${projectRoot}/dist/lib/link/server/tcp-port.js`).href;
  const script = `import { freePort } from '${module}';
    const ports = await Promise.all(Array.from({ length: ${COUNT} }, () => freePort()));
    process.stdout.write(JSON.stringify(ports), () => setTimeout(() => {}, 3000));`;
  const other = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  const own = await Promise.all(Array.from({ length: COUNT }, () => freePort()));
  const ports = [...own, ...(JSON.parse((await other).stdout) as number[])];
  t.is(new Set(ports).size, 2 * COUNT);
});
