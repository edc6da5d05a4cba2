import { basename, join } from 'node:path';
import {
  ExitCode,
  type GcHeapLayout,
  gcFrames,
  gcGeometryOf,
  gcLayoutSvg,
  gcLayoutText,
  makeOutputFolder,
  parseAddress,
  readGcDump,
  type Symbolizer,
  symbolNames,
  UsageError,
  writeWhole,
} from '../../lib/public/index.js';
import { defineCommand } from '../context.js';
import { readBytes, readSymbols } from './read-symbols.js';

interface NamedLayout {
  readonly name: string;
  readonly layout: GcHeapLayout;
}

export const layoutCommand = defineCommand({
  name: 'layout <dumps..>',
  describe: 'The layout of a MicroPython or CircuitPython heap in dumps of its memory',
  examples: [
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
        describe: 'dumps in order; .gz is unpacked',
      })
      .option('base', { type: 'string', demandOption: true, describe: 'the address of the first byte' })
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
    const base = parseAddress(args.base);
    if (base === undefined) {
      throw new UsageError('HH1109', `--base ${args.base}: found no address, expected for example 0x20000000`);
    }
    const symbols = args.elf === undefined ? undefined : await readSymbols(args.elf);
    const layouts: NamedLayout[] = [];
    for (const path of args.dumps)
      layouts.push({ name: basename(path), layout: await readLayout(path, base, symbols, args) });
    if (context.json) context.out(`${JSON.stringify(gcFrames(layouts))}\n`);
    else context.out(`${layouts.map(({ name, layout }) => gcLayoutText(layout, name)).join('\n\n')}\n`);
    if (args.out !== undefined) await writePictures(layouts, args.out);
    return ExitCode.ok;
  },
});

async function readLayout(
  path: string,
  baseAddress: number,
  symbols: Symbolizer | undefined,
  options: { readonly finaliser: boolean; readonly collectTable: boolean },
): Promise<GcHeapLayout> {
  const bytes = await readBytes(path, 'HH1105');
  const geometry = gcGeometryOf({ bytes, baseAddress }, symbols, options);
  return readGcDump({ bytes, baseAddress, geometry, ...(symbols ? { symbolAt: symbolNames(symbols) } : {}) });
}

async function writePictures(layouts: readonly NamedLayout[], folder: string): Promise<void> {
  await makeOutputFolder(folder);
  for (const [i, { layout }] of layouts.entries()) {
    await writeWhole(join(folder, `layout-${String(i + 1).padStart(4, '0')}.svg`), [gcLayoutSvg(layout)]);
  }
  await writeWhole(join(folder, 'frames.json'), [`${JSON.stringify(gcFrames(layouts))}\n`]);
}
