import test, { type ExecutionContext } from 'ava';
import { lispFirmware } from '../support/lisp-firmware.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });

async function said(t: ExecutionContext, ...args: string[]): Promise<string> {
  const out = tempFolder(t);
  const { status, stderr } = await runCli([
    elf,
    '--board',
    'qemu-mps2-an385',
    '--max-events',
    '3',
    '--out',
    out,
    ...args,
  ]);
  t.is(status, 0, stderr);
  return stderr;
}

test('-v shows the programs that are started, and nothing of what is said to them', async (t) => {
  const text = await said(t, '--engine', 'gdb', '-v');
  t.regex(text, /^\d+\.\d{3} run> \S*qemu-system-arm .*-kernel/m);
  t.regex(text, /^\d+\.\d{3} run> \S*gdb\S* -nx .*--interpreter=mi2/m);
  t.notRegex(text, /^\d+\.\d{3} (gdb|rsp)[<>]/m);
});

test('-vv shows the dialogue with gdb as well', async (t) => {
  const text = await said(t, '--engine', 'gdb', '-vv');
  t.regex(text, /^\d+\.\d{3} gdb> \d+-target-select/m);
  t.regex(text, /^\d+\.\d{3} gdb< \d+\^done/m);
});

test('-vvv shows the packets of the remote protocol, long ones cut', async (t) => {
  const text = await said(t, '--engine', 'direct', '-vvv');
  t.regex(text, /^\d+\.\d{3} rsp> qSupported/m);
  t.regex(text, /^\d+\.\d{3} rsp< /m);
  for (const line of text.split('\n')) t.true(line.length < 600, line.slice(0, 80));
});

test('without -v nothing of it is shown', async (t) => {
  t.notRegex(await said(t, '--engine', 'direct'), /(run|gdb|rsp)[<>] /);
});
