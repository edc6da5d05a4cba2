import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { safeJson, safeLines } from '../../cli/safe-text.js';
import { journalBytes, TraceBuilder } from '../../lib/public/command-line.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

/** What a terminal would act on or show elsewhere: ESC, DEL, C1 (CSI, OSC), bidi, zero width. */
const HOSTILE = '\u001b[31m\u007f\u009b31m\u009d0;t\u0007\u202egnp.\u2066\u200b\u2028';
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test('a JSON document keeps its value and has nothing that a terminal acts on', (t) => {
  const text = safeJson(JSON.stringify({ [HOSTILE]: [HOSTILE, 'plain é 漢 🙂'] }));
  t.notRegex(text, UNSAFE);
  t.deepEqual(JSON.parse(text), { [HOSTILE]: [HOSTILE, 'plain é 漢 🙂'] });
});

test('a text for a terminal keeps its lines and tabs only', (t) => {
  t.notRegex(safeLines(`a\tb\n${HOSTILE}\n`), UNSAFE);
  t.true(safeLines(`a\tb\n${HOSTILE}\n`).startsWith('a\tb\n\\x1b[31m\\x7f'));
});

test('every --json is one safe document, errors too', async (t) => {
  const cwd = tempFolder(t);
  const name = `f${HOSTILE.replaceAll('\u2028', '')}`;
  const frame = { address: 0x100, functionName: name, file: name, line: 1 };
  const builder = new TraceBuilder();
  for (let i = 0; i < 3; i++)
    builder.add({ kind: 'alloc', address: 0x1000 + 16 * i, sizeBytes: 16, backtrace: [frame] });
  writeFileSync(join(cwd, 'trace.csv'), Buffer.concat(journalBytes(builder.build())));
  const lines = [
    ['tree', 'trace.csv'],
    ['stats', 'trace.csv'],
    ['leaks', 'trace.csv'],
    ['frag', 'trace.csv'],
    ['diff', 'trace.csv', 'trace.csv'],
    ['import', 'trace.csv', '-o', 'out'],
    ['boards', name],
    ['tree', `no${HOSTILE}`],
  ];
  for (const line of lines) {
    const { stdout } = await runCli([...line, '--json'], { cwd });
    t.notRegex(stdout, UNSAFE, line.join(' '));
    t.notThrows(() => JSON.parse(stdout), line.join(' '));
  }
});

test('names of files in what a command says of its outputs are shown, not acted on', async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), 'kind,address,size\nalloc,0x1000,16\n');
  // A name may have a line's end, too: no second line may be told by it.
  const name = `f${HOSTILE.replaceAll('\u2028', '')}\nHH9999`;
  writeFileSync(join(cwd, name), 'kind,address,size\nalloc,0x1000,16\n');
  const lines = [
    ['export', 'trace.csv', '-o', `${name}.json`],
    ['report', 'trace.csv', '-o', `${name}.html`],
    ['import', name, '-o', `${name}.out`],
    ['tree', name],
  ];
  for (const line of lines) {
    const { stdout, stderr, status } = await runCli(line, { cwd });
    t.is(status, 0, stderr);
    t.notRegex(stdout + stderr, UNSAFE, line[0]);
    t.notRegex(stdout + stderr, /^HH9999/m, line[0]);
  }
});
