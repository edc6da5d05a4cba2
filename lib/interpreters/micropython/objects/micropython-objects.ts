import type { Symbolizer } from '../../../symbols/symbolizer.js';
import { type ObjectGraph, ObjectGraphBuilder } from '../../../trace/object-graph.js';
import { QstrTexts } from '../script/qstr-texts.js';
import { poolLayoutOf } from '../script/script-layout.js';
import { ConstantMemory, type ReadScriptMemory } from '../script/script-memory.js';
import { type BlockRole, blockRoles } from './block-roles.js';
import { EdgeLabels } from './edge-labels.js';
import { type GcBlocks, readGcBlocks } from './gc-blocks.js';
import { type GcRoot, type HaltedProcessor, readRoots } from './gc-roots.js';
import { ObjectKeys, wordFormOf } from './object-keys.js';
import { memberOf, type ObjectLayout, objectLayout } from './object-layout.js';
import { ObjectTypes } from './object-types.js';

/** Blocks of the heap that hold more words that point to blocks than this are damaged or no heap: the rest is left out. */
const MAX_EDGES = 8_000_000;

/**
 * The objects of a MicroPython or CircuitPython heap, with the names of the language, as the collector would find them: whichever word at
 * the right place points to a block holds it. Without a `processor` the stack and the registers are not known. Undefined for a firmware without
 * such a heap; a problem where it cannot be read. Whatever the memory holds, time and memory are bounded by the size of the heap.
 *
 * @throws what `target` throws
 */
export async function micropythonObjects(
  firmware: Symbolizer,
  target: ReadScriptMemory,
  processor?: HaltedProcessor,
): Promise<ObjectGraph | { readonly problem: string } | undefined> {
  const layout = objectLayout(firmware);
  if (!layout) return undefined;
  const blocks = await readGcBlocks(target, layout);
  if ('problem' in blocks) return blocks;
  const { roots, doubts } = await readRoots(target, layout, processor);
  const read = memoryOf(firmware, blocks, target);
  const pools = poolLayoutOf(firmware);
  const texts = new QstrTexts(pools ?? NO_POOLS);
  const types = new ObjectTypes(layout, texts, read, makersOf(firmware));
  const roles = await blockRoles(blocks, roots, { layout, types });
  const keys = new ObjectKeys(layout, { texts, types, read }, wordFormOf(mainKeys(blocks, roots)));
  const labels = new EdgeLabels(blocks, layout, keys);
  const builder = new ObjectGraphBuilder();
  for (const [block, address] of blocks.address.entries()) {
    builder.addBlock(address, blocks.sizeBytes[block] ?? 0);
    builder.setType(block, await nameOf(block, roles[block], { blocks, layout, keys, types }));
  }
  for (const { kind, label, value } of roots) {
    const to = blocks.blockOf(value);
    if (to >= 0) builder.addRoot(kind, { to, label });
  }
  const isWhole = await addEdges(builder, { blocks, roles, labels });
  const unsure = [
    ...blocks.doubts,
    ...doubts,
    ...(blocks.marked.includes(true) ? ['the collector was at work'] : []),
    ...(isWhole ? [] : ['there are more pointers than can be held']),
  ];
  return builder.build({
    heap: 'objects',
    beforeSeq: 0,
    ...(unsure.length === 0 ? {} : { unsure: unsure.join('; ') }),
  });
}

const NO_POOLS = { last: 0, previous: 0, before: 4, texts: 8, textHead: 0 };

async function addEdges(
  builder: ObjectGraphBuilder,
  {
    blocks,
    roles,
    labels,
  }: { readonly blocks: GcBlocks; readonly roles: readonly BlockRole[]; readonly labels: EdgeLabels },
): Promise<boolean> {
  let left = MAX_EDGES;
  for (const [block, address] of blocks.address.entries()) {
    const size = blocks.isScanned(block) ? (blocks.sizeBytes[block] ?? 0) : 0;
    const role = roles[block];
    for (let offset = 0; offset < size && role; offset += 4) {
      const to = blocks.blockOf(blocks.memory.word(address + offset) ?? 0);
      if (to < 0) continue;
      if (--left < 0) return false;
      builder.addEdge({ to, label: await labels.of(block, role, offset) });
    }
    builder.endBlock();
  }
  return true;
}

/** Objects by their type, a module and a class by their own name. */
async function nameOf(
  block: number,
  role: BlockRole | undefined,
  {
    blocks,
    layout,
    keys,
    types,
  }: {
    readonly blocks: GcBlocks;
    readonly layout: ObjectLayout;
    readonly keys: ObjectKeys;
    readonly types: ObjectTypes;
  },
): Promise<string> {
  const at = blocks.address[block] ?? 0;
  if (role?.kind === 'type') {
    const name = await types.at(at);
    return name ? `class ${name.name}` : role.name;
  }
  if (role?.kind !== 'module') return role?.name ?? '';
  const word = (base: number, offset: number | undefined) =>
    offset === undefined ? 0 : (blocks.memory.word(base + offset) ?? 0);
  const globals = word(at, memberOf(layout, 'module', 'module.globals') ?? memberOf(layout, 'module', 'globals'));
  const table = word(globals, memberOf(layout, 'dict', 'map.table'));
  const size = blocks.sizeBytes[blocks.blockOf(table)] ?? 0;
  for (let pair = 0; pair < size; pair += 8) {
    if ((await keys.qstr(word(table, pair))) !== '__name__') continue;
    const name = await keys.of(word(table, pair + 4));
    return name === undefined ? 'module' : `module ${name.replace(/^'|'$/g, '')}`;
  }
  return 'module';
}

function mainKeys(blocks: GcBlocks, roots: readonly GcRoot[]): number[] {
  const table = roots.find(({ path }) => path === 'vm.dict_main.map.table')?.value ?? 0;
  const size = blocks.sizeBytes[blocks.blockOf(table)] ?? 0;
  return Array.from({ length: Math.floor(size / 8) }, (_, pair) => blocks.memory.word(table + 8 * pair) ?? 0);
}

function makersOf(firmware: Symbolizer) {
  const start = (name: string) => {
    const address = firmware.symbol(name)?.address;
    return address === undefined ? undefined : address & ~1;
  };
  return { instance: start('mp_obj_instance_make_new'), namedtuple: start('namedtuple_make_new') };
}

/** The copy of the heap first, then the ELF file, then the target. */
function memoryOf(firmware: Symbolizer, blocks: GcBlocks, target: ReadScriptMemory): ReadScriptMemory {
  const constant = new ConstantMemory(firmware);
  return async (address, length) =>
    blocks.memory.bytes(address, length) ?? constant.read(address, length) ?? (await target(address, length));
}
