import { XMLParser } from 'fast-xml-parser';
import type { Address, Bytes } from '../../base/units.js';
import { errorMessage, TargetError } from '../../errors/errors.js';

/** A register as a target description lists it. */
export interface RegisterDescription {
  readonly name: string;
  /** What `p` and `P` call it. */
  readonly number: number;
  readonly sizeBytes: Bytes;
}

/** An area of a memory map (gdb manual, "Memory Map Format"). */
export interface MemoryRegion {
  readonly kind: 'ram' | 'rom' | 'flash';
  readonly start: Address;
  readonly lengthBytes: Bytes;
  /** Of flash: what one erase takes; 0 for other kinds. */
  readonly blockBytes: Bytes;
}

/** Fetches a further document that a description includes. */
export type IncludeReader = (name: string) => Promise<string>;

const MAX_INCLUDES = 64;
const MAX_XML_CHARS = 1024 * 1024;
const MAX_REGISTERS = 4096;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
  parseTagValue: false,
  isArray: (name) => name === 'memory' || name === 'property',
});

/**
 * The registers of a target description, ascending by number; empty where it names an architecture and nothing else.
 * A register without `regnum` has the number after the one before it, across features and included files.
 * @throws TargetError HH1560 when it is not such a document.
 */
export async function readTargetXml(text: string, include: IncludeReader): Promise<RegisterDescription[]> {
  const whole = await resolveIncludes(text, include, { left: MAX_INCLUDES });
  const registers: RegisterDescription[] = [];
  let next = 0;
  for (const attributes of registerElements(whole)) {
    const { name, regnum, bitsize } = attributes;
    const bits = Number(bitsize);
    const number = regnum === undefined ? next : Number(regnum);
    if (name === undefined || !Number.isInteger(bits) || bits < 1 || bits > 65536 || !Number.isInteger(number)) {
      throw malformed('target.xml', `register '${String(name)}' of ${String(bitsize)} bits`, 'a name and a bit size');
    }
    if (number < 0 || registers.length >= MAX_REGISTERS) {
      throw malformed('target.xml', `register number ${number}`, `0 to ${MAX_REGISTERS}`);
    }
    registers.push({ name, number, sizeBytes: Math.ceil(bits / 8) });
    next = number + 1;
  }
  return registers.sort((a, b) => a.number - b.number);
}

/**
 * The attributes of each `<reg>` in document order, found in one pass: RISC-V servers describe some 250 control registers, and a parser that
 * makes objects of the whole document took longer than everything else that opening a link takes.
 * @throws TargetError HH1560 for a comment or an element that does not end, or no element at all
 */
function* registerElements(text: string): Generator<Readonly<Partial<Record<string, string>>>> {
  let hasElement = false;
  for (let start = text.indexOf('<'); start >= 0; ) {
    const isComment = text.startsWith('<!--', start);
    const end = isComment ? text.indexOf('-->', start + 4) : endOfTag(text, start);
    if (end < 0) throw malformed('target.xml', `'${text.slice(start, start + 40)}' without an end`, 'well-formed XML');
    const isElement = /[A-Za-z_]/.test(text[start + 1] ?? '');
    hasElement ||= isElement;
    if (isElement && /^<reg[\s/>]/.test(text.slice(start, start + 5))) yield attributesOf(text.slice(start, end));
    start = text.indexOf('<', end);
  }
  if (!hasElement) throw malformed('target.xml', 'no element', 'an XML document');
}

/** Where the `>` of a tag is, which a quoted value may hold as well; -1 where there is none. */
function endOfTag(text: string, start: number): number {
  const mark = /[>"']/g;
  mark.lastIndex = start;
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    if (found[0] === '>') return found.index;
    const closing = text.indexOf(found[0], mark.lastIndex);
    if (closing < 0) return -1;
    mark.lastIndex = closing + 1;
  }
  return -1;
}

function attributesOf(tag: string): Partial<Record<string, string>> {
  const found = tag.matchAll(/\s([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g);
  return Object.fromEntries([...found].map(([, name = '', double, single]) => [name, double ?? single]));
}

/** The areas of a memory map in document order. @throws TargetError HH1560 */
export function readMemoryMap(text: string): MemoryRegion[] {
  const root = parseXml(text, 'memory map');
  const map = root['memory-map'];
  if (!isNode(map)) throw malformed('memory map', 'another document', '<memory-map>');
  return nodes(map.memory).map((memory) => {
    const { type, start, length } = memory;
    const region = { start: Number(start), lengthBytes: Number(length) };
    if (type !== 'ram' && type !== 'rom' && type !== 'flash') {
      throw malformed('memory map', `type '${String(type)}'`, 'ram, rom or flash');
    }
    if (!Number.isSafeInteger(region.start) || !Number.isSafeInteger(region.lengthBytes) || region.lengthBytes < 0) {
      throw malformed('memory map', `start '${String(start)}', length '${String(length)}'`, 'two numbers');
    }
    return { kind: type, ...region, blockBytes: type === 'flash' ? blockSize(memory) : 0 };
  });
}

function blockSize(memory: XmlNode): Bytes {
  for (const property of nodes(memory.property)) {
    const size = Number(property['#text']);
    if (property.name === 'blocksize' && Number.isSafeInteger(size) && size > 0) return size;
  }
  throw malformed('memory map', 'flash without a block size', '<property name="blocksize">');
}

/** Puts each included document in the place of its `<xi:include href="NAME"/>`, without its XML header. */
async function resolveIncludes(text: string, include: IncludeReader, budget: { left: number }): Promise<string> {
  const pattern = /<xi:include\s+href="([^"]*)"\s*\/>/g;
  let whole = '';
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (budget.left-- <= 0) throw malformed('target.xml', `more than ${MAX_INCLUDES} includes`, 'fewer');
    const inner = await resolveIncludes(await include(match[1] ?? ''), include, budget);
    whole += text.slice(end, match.index) + inner.replace(/<\?xml[^>]*\?>|<!DOCTYPE[^>]*>/g, '');
    end = match.index + match[0].length;
    if (whole.length > MAX_XML_CHARS) throw malformed('target.xml', `more than ${MAX_XML_CHARS} characters`, 'fewer');
  }
  return whole + text.slice(end);
}

type XmlNode = Record<string, unknown>;

function isNode(value: unknown): value is XmlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nodes(value: unknown): XmlNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function parseXml(text: string, what: string): XmlNode {
  try {
    const root: unknown = parser.parse(text);
    if (isNode(root)) return root;
  } catch (error) {
    throw malformed(what, errorMessage(error), 'well-formed XML', error);
  }
  throw malformed(what, 'no element', 'an XML document');
}

function malformed(what: string, found: string, expected: string, cause?: unknown): TargetError {
  return new TargetError('HH1560', `debug server: ${what}: found ${found}, expected ${expected}`, {
    cause,
    remedy: 'capture with options.engine gdb',
  });
}
