import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { DeviceLostError, GdbError } from '../../../lib/errors/errors.js';
import { decodeCString, plainEscapes } from '../../../lib/link/mi/c-string.js';
import { MiConnection } from '../../../lib/link/mi/mi-connection.js';

/*
 * A gdb played from a script: for what a real gdb cannot be made to do at will (late answers, torn lines, silence).
 * The dialogue with a real one is in test/integration.
 */
function played(answer: (token: string, command: string, say: (line: string) => void) => void) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const child = Object.assign(new EventEmitter(), {
    stdout,
    stderr,
    stdin: Object.assign(new EventEmitter(), {
      write: (text: string) => {
        const [, token = '', command = ''] = /^(\d+)(.*)\n$/.exec(text) ?? [];
        answer(token, command, (line) => stdout.write(`${line}\n`));
        return true;
      },
    }),
  });
  return { mi: new MiConnection(child as unknown as ChildProcessWithoutNullStreams), child, stdout, stderr };
}

test('pairs replies with commands by token: a late answer is dropped', async (t) => {
  const { mi, stdout } = played((token, command, say) => {
    if (command !== '-slow') say(`${token}^done,value="${command}"`);
  });
  const slow = await t.throwsAsync(mi.command('-slow', { totalMs: 30 }), { instanceOf: GdbError });
  t.is(slow?.code, 'HH1702');
  t.true(mi.isSilent);
  stdout.write('1^error,msg="too late"\n');
  t.deepEqual(await mi.command('-fast'), { value: '-fast' });
  t.false(mi.isSilent);
});

test('a refused command rejects with gdb’s own reason', async (t) => {
  const { mi } = played((token, _, say) => say(`${token}^error,msg="No symbol \\"x\\" in current context."`));
  await t.throwsAsync(mi.command('-data-evaluate-expression x'), {
    code: 'HH1701',
    message: 'gdb: -data-evaluate-expression x: No symbol "x" in current context.',
  });
});

test('gdb’s death rejects what waits at once, with what it said last', async (t) => {
  const { mi, child, stderr } = played(() => undefined);
  const waiting = mi.command('-anything');
  const stop = mi.nextStop();
  stderr.write('internal-error: assertion failed');
  await new Promise((resolve) => setImmediate(resolve));
  child.emit('close', null, 'SIGSEGV');
  await t.throwsAsync(waiting, { code: 'HH1703', message: /SIGSEGV; it said: internal-error: assertion failed/ });
  await t.throwsAsync(stop, { code: 'HH1703' });
  await t.throwsAsync(mi.command('-more'), { code: 'HH1703' });
});

test('an inferior that exits while it runs is a lost target, with the reason', async (t) => {
  const { mi, stdout } = played(() => undefined);
  const stop = mi.nextStop();
  stdout.write('=thread-group-exited,id="i1"\n&"Remote connection closed\\n"\n(gdb) \n');
  await t.throwsAsync(stop, { instanceOf: DeviceLostError, message: /Remote connection closed/ });
});

test('lines may come in pieces of any size', async (t) => {
  const { mi, stdout } = played((token, _, say) => say(`${token}^done,value="1"`));
  let heard = '';
  mi.onConsole = (text) => {
    heard += text;
  };
  for (const char of '~"@E 1 2 0\\n"\n*stopped,reason="breakpoint-hit",bkptno="3",frame={addr="0x00000204",func="f"}\n') {
    stdout.write(char);
  }
  await mi.command('-sync');
  t.is(heard, '@E 1 2 0\n');
  t.deepEqual(await mi.nextStop(), { reason: 'breakpoint-hit', breakpoint: 3, pc: 0x204 });
});

test('results that crash or confuse gdb-js alone are read', async (t) => {
  const { mi } = played((token, _, say) => say(`${token}^done,value="\\377 caf\\303\\251 bell\\a 100% \\"q\\""`));
  t.deepEqual(await mi.command('-x'), { value: '\ufffd café bell  100% "q"' });
});

test('a reply that gdb-js cannot parse is an error, not silence', async (t) => {
  const { mi } = played((token, _, say) => say(`${token}^nonsense{{{`));
  await t.throwsAsync(mi.command('-x'), { code: 'HH1701', message: /a reply that could not be read/ });
});

test('decodes the escapes of C strings', (t) => {
  t.is(decodeCString('a\\tb\\n\\"c\\"\\\\'), 'a\tb\n"c"\\');
  t.is(decodeCString('\\303\\244\\\\n'), 'ä\\n');
  t.is(decodeCString('\\377'), '\ufffd');
  t.is(plainEscapes('"\\\\303"'), '"\\\\303"');
});
