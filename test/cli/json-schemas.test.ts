import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import test from 'ava';
import { traceOf } from '../../lib/trace/collect-trace.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import type { Trace } from '../../lib/trace/trace.js';
import { fixture, projectRoot } from '../support/fixture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { mpyCross } from '../support/mpy-compiler.js';
import { graphOf } from '../support/object-graphs.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const FOLDER = join(projectRoot, 'schemas');
const TRACE = `kind,address,size,time
alloc,0x1000,16,1
alloc,0x1010,32,2
alloc,0x1040,64,3
free,0x1000,,4
alloc,0x1080,400000,5
`;

/** Each command line, and the schema that its output names. */
const LINES: readonly (readonly [schema: string, ...args: string[]])[] = [
  ['summary-1', 'import', 'trace.csv', '-o', 'out'],
  ['call-tree-1', 'tree', 'trace.csv'],
  ['call-tree-1', 'tree', 'trace.csv', '--at-peak', '--invert'],
  ['stats-1', 'stats', 'trace.csv'],
  ['leaks-1', 'leaks', 'trace.csv'],
  ['leaks-1', 'leaks', 'trace.csv', '--mark', 'cycle=1', '--mark', 'cycle=3'],
  ['proven-leaks-1', 'leaks', 'held.harvest', '--proven'],
  ['why-1', 'why', 'held.harvest'],
  ['fragmentation-1', 'frag', 'trace.csv', '--heap', '0x1000:1M', '--make', '8K'],
  ['pools-1', 'pools', 'trace.csv'],
  ['what-ifs-1', 'whatif', 'trace.csv', '--heap', '0x1000:1M', '--no-least'],
  ['diff-1', 'diff', 'trace.csv', 'trace.csv'],
  ['budget-1', 'check', 'trace.csv', '--budget', 'budget.toml'],
  ['report-1', 'report', 'trace.csv', '-o', 'r.html'],
  ['formats-1', 'import', '--list-formats'],
  ['formats-1', 'export', '--list-formats'],
  ['dataset-report-1', 'export', 'trace.csv', '--format', 'parquet', '--dataset', 'fleet'],
  ['fleet-report-1', 'fleet', 'report', 'fleet'],
  ['fleet-boards-1', 'fleet', 'boards', 'fleet'],
  ['fleet-growth-1', 'fleet', 'growth', 'fleet'],
  ['fleet-peaks-1', 'fleet', 'peaks', 'fleet'],
  ['fleet-leaks-1', 'fleet', 'leaks', 'fleet'],
  ['fleet-query-1', 'fleet', 'query', 'fleet', 'FROM events'],
  ['error-1', 'fleet', 'regressions', 'fleet', '--since', 'x'],
  ['error-1', 'tree', 'nosuch'],
  ['boards-1', 'boards'],
  ['board-1', 'boards', 'show', 'qemu-microbit'],
  ['allocators-1', 'allocators'],
  ['allocator-matches-1', 'allocators', 'fw.elf'],
  ['symbolize-1', 'symbolize', 'fw.elf', '0x100'],
  ['explanation-1', 'explain', 'HH1101'],
  ['explanations-1', 'explain'],
  ['gc-frames-1', 'layout', 'heap.bin', '--base', '0x2000030c'],
  ['mpy-1', 'mpy', 'app.mpy'],
  ['doctor-1', 'doctor'],
];
/** What needs a target or a server: these outputs are looked at where those run. */
const ELSEWHERE = ['dumps-1', 'served-1', 'ring-status-1', 'fleet-regressions-1'];

const ajv = new Ajv({ allowUnionTypes: true });
const schemaOf = (name: string) => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as object;

/** Two blocks of which one is held, at the end of a capture. */
function held(): Trace {
  const graph = graphOf(['a', 'b'], ['register r4 => a'], { heap: 'blocks', unsure: 'one stack was not read' });
  const blocks = [...graph.address].map((address) => ({ kind: 'alloc', address, sizeBytes: 16 }) as const);
  return traceOf([...blocks, { kind: 'graph', graph }]);
}

test('every --json says what it is, and is what its published schema says', async (t) => {
  t.timeout(290_000);
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'trace.csv'), TRACE);
  writeFileSync(join(cwd, 'held.harvest'), Buffer.concat(journalBytes(held())));
  writeFileSync(join(cwd, 'budget.toml'), 'schema = 1\n\n[heap]\npeak = "1M"\n');
  writeFileSync(join(cwd, 'heap.bin'), fixture('micropython-microbit/heap-at-repl.bin.gz'));
  writeFileSync(join(cwd, 'app.mpy'), await mpyCross(6, 'app.py', 'x = [1, 2]\n'));
  writeFileSync(join(cwd, 'fw.elf'), readFileSync(lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' })));
  for (const [name, ...args] of LINES) {
    const { stdout, stderr } = await runCli([...args, '--json'], { cwd });
    const line = args.join(' ');
    const output = (stdout === '' ? {} : JSON.parse(stdout)) as { readonly schema?: string };
    t.is(output.schema, `heap-harvest/${name.replace(/-(\d+)$/, '@$1')}`, `${line}: ${stderr}`);
    const schema = schemaOf(name);
    t.is((schema as { $id?: string }).$id, output.schema);
    const validate = ajv.getSchema(output.schema ?? '') ?? ajv.compile(schema);
    t.true(validate(output), `${line}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
    // A field that nobody described is an error, not passed over.
    t.false(validate({ ...output, undescribed: 1 }), line);
  }
});

test('every published schema is that of a command', (t) => {
  const names = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
  const used = new Set([...LINES.map(([name]) => name), ...ELSEWHERE]);
  t.deepEqual(
    names.filter((name) => !used.has(name)),
    [],
  );
  t.deepEqual(
    [...used].filter((name) => !names.includes(name)),
    [],
  );
  for (const name of names) t.notThrows(() => new Ajv({ allowUnionTypes: true }).compile(schemaOf(name)), name);
});
