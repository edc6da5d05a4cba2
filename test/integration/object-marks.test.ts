import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { graphMoment } from '../../lib/analysis/objects/graph-moments.js';
import { ObjectMap } from '../../lib/analysis/objects/object-map.js';
import type { EngineName } from '../../lib/capture/select-engine.js';
import { LiveHeapSession } from '../../lib/session/live-heap-session.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { eventually } from '../support/eventually.js';
import { notRun } from '../support/not-run.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);
const BOARD = 'qemu-mps2-an385';
/** To the block that the program puts into the list once it runs. */
const WAY = "__main__.__dict__['dogs'] -> dict['rex'] -> Dog.tricks -> list[1]";

/** The program, and where its sixteenth block lies. */
function program(): { readonly elf: string; readonly block: number } {
  const elf = buildArm({
    sources: ['test/fixtures/object-heap.c'],
    script: 'test/symbols/programs/program.ld',
    flags: ['-mcpu=cortex-m3', '-g', '-O0', '-DRUN'],
  });
  return { elf, block: (createSymbolizer(readFileSync(elf)).symbol('pool')?.address ?? 0) + 15 * 16 };
}

/** A session that is marked while the target runs. */
async function marked(elf: string, engine: EngineName) {
  await using session = LiveHeapSession.onTarget({ elf, board: BOARD, engine });
  await session.init(100);
  await session.start('all');
  await eventually(() => session.events > 0);
  await session.mark('filled');
  return await session.dump();
}

for (const engine of ['direct', 'gdb'] as const) {
  test.serial(`a mark of a session reads who holds which block of the running target (${engine})`, async (t) => {
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
    t.timeout(180_000);
    const { elf, block } = program();
    const moment = graphMoment(await marked(elf, engine), 'filled');
    if (!moment) return t.fail('nothing was read at the mark');
    const map = new ObjectMap(moment.graph);
    t.is(map.why(map.blockAt(block)).path, WAY);
    t.is(moment.graph.unsure, undefined);
  });
}

test.serial('`harvest why` names the same way at a mark and in a dump of memory', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  t.timeout(180_000);
  const { elf, block } = program();
  const folder = tempFolder(t);
  const address = `0x${block.toString(16)}`;
  const capture = join(folder, 'session.harvest');
  writeFileSync(capture, Buffer.concat(await journalBytes(await marked(elf, 'direct'))));
  const atMark = await runCli(['why', capture, address, '--at', 'filled']);
  const target = ['--board', BOARD, '--until', 'rest'];
  const dumped = await runCli(['dump', elf, ...target, '--out', folder, '--json']);
  const { base, files } = JSON.parse(dumped.stdout) as { readonly base: string; readonly files: readonly string[] };
  const inDump = await runCli(['why', files[0] ?? '', address, '--base', base, '--elf', elf]);
  const wayIn = (text: string) => text.split('\n')[1]?.trim();
  t.deepEqual([wayIn(atMark.stdout), wayIn(inDump.stdout)], [WAY, WAY], atMark.stderr + dumped.stderr + inDump.stderr);
});
