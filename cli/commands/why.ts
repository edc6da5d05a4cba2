import {
  aliveBlocks,
  ExitCode,
  formatAddress,
  formatCount,
  type GraphMoment,
  graphMoment,
  micropythonObjects,
  ObjectMap,
  objectsText,
  parseAddress,
  sanitize,
  type Trace,
  UsageError,
  unsureLines,
  whyLines,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson, type WhyJson } from '../json-output.js';
import { countField, exitCodeFor, loadForAnalysis } from './analysis-options.js';
import { readBytes, readSymbols } from './read-symbols.js';

/** As an analysis is read without options. */
const PLAIN = { hide: [], showAllocator: false, mark: [] } as const;

export const whyCommand = defineCommand({
  name: 'why <file> [what]',
  describe: 'Why a block is alive: who holds it, by names from a root on; without one, what keeps the most alive',
  examples: [
    ['harvest why capture.harvest', 'what there is in the heap at the end, and what keeps the most of it'],
    ['harvest why capture.harvest station.py:12', 'each block that this line left, and who holds it'],
    ['harvest why capture.harvest 0x20001a40', 'the block that this address lies in'],
    ['harvest why capture.harvest main.py --at after', 'the same as it was at a mark of a session'],
    ['harvest why ram-0000.bin --base 0x20000000 --elf firmware.elf', 'a dump of a MicroPython target'],
  ],
  options: (set) =>
    set
      .positional('file', {
        type: 'string',
        demandOption: true,
        values: 'input',
        describe: 'a capture, or a dump of memory',
      })
      .positional('what', {
        type: 'string',
        describe: 'an address, or a part of a function or FILE:LINE that allocates',
      })
      .option('base', { type: 'string', describe: 'of a dump of memory: the address of the first byte' })
      .option('elf', { type: 'string', describe: 'of a dump: the firmware', values: 'input' })
      .option('at', {
        type: 'string',
        describe: 'a mark at which it was read (harvest session); default: the last moment',
      })
      .option('top', { type: 'number', describe: 'blocks to list (10)' }),
  run: async (args, context) => {
    const isDump = args.base !== undefined || args.elf !== undefined;
    if (isDump && args.at !== undefined) {
      throw new UsageError(
        'HH2171',
        `${args.file}: found --at ${args.at} beside a dump of memory, expected one of them`,
        {
          remedy: 'leave --at out: a dump is of one moment',
        },
      );
    }
    const whole = isDump ? undefined : await loadForAnalysis(args.file, PLAIN, context);
    const moment = whole && momentOf(whole, { path: args.file, mark: args.at });
    const trace = moment?.trace;
    const map = new ObjectMap(moment ? moment.graph : await graphOfDump(args.file, args));
    if (moment?.mark !== undefined && !context.json && !context.quiet)
      context.err(`as it was at the mark ${sanitize(moment.mark)}\n`);
    const { top = 10 } = countField('top', '--top', args.top);
    const blocks = args.what === undefined ? [] : blocksOf(map, args.what, { trace, path: args.file });
    const whys = args.what === undefined ? map.largest(top) : blocks.slice(0, top).map((block) => map.why(block));
    if (context.json) printJson({ ...about(map), ...at(moment), blocks: whys }, context);
    else if (args.what === undefined) context.out(objectsText(map, { top }));
    else
      context.out(`${[...whys.flatMap(whyLines), ...rest(map, blocks.slice(top)), ...unsureLines(map)].join('\n')}\n`);
    return whole ? exitCodeFor(whole) : ExitCode.ok;
  },
});

function about({ graph }: ObjectMap): Omit<WhyJson, 'blocks'> {
  return {
    schema: 'heap-harvest/why@1',
    heap: graph.heap,
    ...(graph.unsure === undefined ? {} : { unsure: graph.unsure }),
  };
}

function at(moment: GraphMoment | undefined): Pick<WhyJson, 'at'> {
  return moment?.mark === undefined ? {} : { at: moment.mark };
}

/** By the shape of their ways, what was not listed. */
function rest(map: ObjectMap, blocks: readonly number[]): string[] {
  const shapes = new Map<string, number>();
  for (const block of blocks) {
    const shape = map.shapeOf(block) || map.stateOf(block);
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  const most = [...shapes].sort((a, b) => b[1] - a[1]).slice(0, 10);
  return most.map(([shape, count]) => `and ${formatCount(count)} more: ${sanitize(shape)}`);
}

/** @throws UsageError HH2050, HH2170 */
function momentOf(
  trace: Trace,
  { path, mark }: { readonly path: string; readonly mark: string | undefined },
): GraphMoment {
  const moment = graphMoment(trace, mark);
  if (moment) return moment;
  throw new UsageError(
    'HH2050',
    `${path}: found nothing in it that says who holds which block, expected a capture that read it`,
    {
      remedy:
        'capture again with this release: a MicroPython or CircuitPython firmware, or an allocator whose heap can be read (docs/object-graph.md)',
    },
  );
}

/** @throws UsageError HH2051 */
async function graphOfDump(
  path: string,
  { base, elf }: { readonly base?: string | undefined; readonly elf?: string | undefined },
) {
  const at = base === undefined ? undefined : parseAddress(base);
  if (at === undefined || elf === undefined) {
    throw new UsageError(
      'HH2051',
      `${path}: found a dump with --base ${base ?? '(none)'} and --elf ${elf ?? '(none)'}, expected both`,
      {
        remedy: '`harvest dump` says with which --base and --elf its dumps are read',
      },
    );
  }
  const bytes = await readBytes(path, 'HH1105');
  const read = (address: number, length: number) => {
    const from = address - at;
    return Promise.resolve(
      from >= 0 && from + length <= bytes.length ? bytes.subarray(from, from + length) : undefined,
    );
  };
  const graph = await micropythonObjects(await readSymbols(elf), read);
  if (graph && !('problem' in graph)) return graph;
  const found = graph?.problem ?? 'the ELF file has no MicroPython heap, or no debug information';
  throw new UsageError('HH2051', `${path}: ${found}, expected the heap of a MicroPython or CircuitPython target`, {
    remedy: 'dump all writable memory once the heap was made, and name the ELF file that runs there',
  });
}

/** The blocks that are meant. @throws UsageError HH2052 */
function blocksOf(
  map: ObjectMap,
  what: string,
  { trace, path }: { readonly trace: Trace | undefined; readonly path: string },
): number[] {
  const address = parseAddress(what);
  const wanted =
    address === undefined ? (trace ? aliveBlocks(trace, { source: what }).map((one) => one.address) : []) : [address];
  const blocks = [...new Set(wanted.map((one) => map.blockAt(one)))].filter((block) => block >= 0);
  if (blocks.length > 0) return blocks;
  const named = address === undefined ? `'${what}'` : formatAddress(address);
  const places = trace
    ? 'an address in one, or a part of a function or FILE:LINE'
    : 'an address in one: a dump knows no sources';
  throw new UsageError(
    'HH2052',
    `${path}: ${named}: found no block of it that was alive at the end, expected ${places}`,
    {
      remedy:
        '`harvest leaks TRACE` lists the sources of what is alive; `harvest why FILE` the blocks that keep the most',
    },
  );
}
