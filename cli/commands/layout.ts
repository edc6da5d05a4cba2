import { basename, join } from 'node:path';
import {
  ExitCode,
  type GcHeapLayout,
  type GcMoment,
  gcFrames,
  gcGeometriesOf,
  gcLayoutSvg,
  gcLayoutText,
  gcSequenceText,
  isText,
  makeOutputFolder,
  parseAddress,
  readGcDump,
  readGcText,
  type Symbolizer,
  sanitize,
  symbolNames,
  UsageError,
  writeWhole,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { readBytes, readSymbols } from './read-symbols.js';

interface NamedLayout {
  readonly name: string;
  readonly layout: GcHeapLayout;
}

/** A dump, and what about it is doubtful. */
interface Moment extends GcMoment {
  readonly doubts: readonly string[];
}

export const layoutCommand = defineCommand({
  name: 'layout <dumps..>',
  describe: 'The layout of a MicroPython or CircuitPython heap: from logs of mem_info(1) or dumps of its memory',
  examples: [
    ['harvest layout log.txt', 'every micropython.mem_info(1) in a log, and how the heap changed'],
    ['harvest layout heap.bin --base 0x2000030c', 'a dump of the heap area alone'],
    ['harvest layout ram-*.bin --base 0x20000000 --elf firmware.elf', 'dumps of all RAM: finds the heap, tells types'],
    ['harvest layout ram-*.bin --base 0x20000000 --elf firmware.elf --out pictures', 'SVG pictures and frames.json'],
  ],
  options: (set) =>
    set
      .positional('dumps', {
        type: 'string',
        array: true,
        demandOption: true,
        values: 'input',
        describe: 'logs or dumps in order; .gz is unpacked',
      })
      .option('base', { type: 'string', describe: 'of a dump of memory: the address of the first byte' })
      .option('elf', {
        type: 'string',
        describe: 'the firmware: finds the heap in a dump of all RAM, names types',
        values: 'input',
      })
      .option('finaliser', { type: 'boolean', default: true, describe: 'the build has a finaliser table' })
      .option('collect-table', {
        type: 'boolean',
        default: false,
        describe: "the build has CircuitPython's collect table",
      })
      .option('out', { type: 'string', alias: 'o', describe: 'write an SVG a dump and frames.json into this folder' }),
  run: async (args, context) => {
    const symbols = args.elf === undefined ? undefined : await readSymbols(args.elf);
    const moments: Moment[] = [];
    for (const path of args.dumps) moments.push(...(await readMoments(path, symbols, args)));
    const layouts = moments.flatMap(namedLayouts);
    if (context.json) printJson({ schema: 'heap-harvest/gc-frames@1', ...gcFrames(layouts) }, context);
    else print(moments, layouts, context);
    if (args.out !== undefined) await writePictures(layouts, args.out);
    return moments.some(({ doubts }) => doubts.length > 0) ? ExitCode.partial : ExitCode.ok;
  },
});

function print(moments: readonly Moment[], layouts: readonly NamedLayout[], context: Context): void {
  const parts = layouts.map(({ name, layout }) => gcLayoutText(layout, name));
  const sequence = gcSequenceText(moments);
  context.out(`${[...parts, ...(sequence === '' ? [] : [sequence])].join('\n\n')}\n`);
  for (const { name, doubts } of moments)
    for (const doubt of doubts) context.err(`${sanitize(name)}: ${sanitize(doubt)}\n`);
}

/** A heap in several areas has a layout for each. */
function namedLayouts({ name, layouts }: GcMoment): NamedLayout[] {
  return layouts.map((layout, i) => ({ name: layouts.length > 1 ? `${name}, area ${i + 1}` : name, layout }));
}

interface DumpOptions {
  readonly base?: string | undefined;
  readonly finaliser: boolean;
  readonly collectTable: boolean;
}

async function readMoments(path: string, symbols: Symbolizer | undefined, options: DumpOptions): Promise<Moment[]> {
  const bytes = await readBytes(path, 'HH1105');
  const name = basename(path);
  if (isText(bytes)) {
    const dumps = readGcText(bytes, path);
    return dumps.map(({ layouts, doubts }, i) => ({
      name: dumps.length > 1 ? `${name}, dump ${i + 1}` : name,
      layouts,
      doubts,
    }));
  }
  const memory = { bytes, baseAddress: baseOf(options.base, path) };
  const { areas, unseen } = gcGeometriesOf(memory, symbols, options);
  const named = symbols ? { symbolAt: symbolNames(symbols) } : {};
  const layouts = areas.map((geometry) => readGcDump({ ...memory, geometry, ...named }));
  return [{ name, layouts, doubts: unseen === undefined ? [] : [unseen] }];
}

/** @throws UsageError HH1109 */
function baseOf(text: string | undefined, path: string): number {
  const base = text === undefined ? undefined : parseAddress(text);
  if (base !== undefined) return base;
  const found = text === undefined ? 'no --base' : `--base ${text}`;
  throw new UsageError(
    'HH1109',
    `${path}: found a dump of memory and ${found}, expected the address of its first byte, for example --base 0x20000000`,
  );
}

async function writePictures(layouts: readonly NamedLayout[], folder: string): Promise<void> {
  await makeOutputFolder(folder);
  for (const [i, { layout }] of layouts.entries()) {
    await writeWhole(join(folder, `layout-${String(i + 1).padStart(4, '0')}.svg`), [gcLayoutSvg(layout)]);
  }
  await writeWhole(join(folder, 'frames.json'), [`${JSON.stringify(gcFrames(layouts))}\n`]);
}
