import type { Address } from '../../../base/units.js';
import type { PoolLayout } from './script-layout.js';
import { type ReadScriptMemory, wordAt } from './script-memory.js';

interface Pool {
  readonly address: Address;
  /** How many qstrs the older pools hold. */
  readonly before: number;
}

const MAX_POOLS = 256;
const MAX_TEXT_BYTES = 256;
/** Texts end with a 0; they are read in pieces that end where a block of the heap does. */
const PIECE_BYTES = 16;
/** The other bits of the word say something else. */
const COUNT_MASK = 0x7fffffff;

/** The texts of interned strings, read from their pools and kept. */
export class QstrTexts {
  private readonly texts = new Map<number, string>();
  private pools: readonly Pool[] = [];
  private readonly decoder = new TextDecoder('utf-8', { fatal: false });

  constructor(private readonly layout: PoolLayout) {}

  /** The heap began anew or was collected: the pools in it may be others. */
  forget(): void {
    this.texts.clear();
    this.pools = [];
  }

  /** Undefined where the pools make no sense. */
  async of(qstr: number, read: ReadScriptMemory): Promise<string | undefined> {
    const known = this.texts.get(qstr);
    if (known !== undefined) return known;
    const text = (await this.find(qstr, read)) ?? undefined;
    if (text !== undefined) this.texts.set(qstr, text);
    return text;
  }

  private async find(qstr: number, read: ReadScriptMemory): Promise<string | undefined> {
    // What was interned since may be in a pool that is not known yet.
    if (this.pools.length === 0 || qstr >= (this.pools[0]?.before ?? 0)) this.pools = await this.readPools(read);
    const pool = this.pools.find(({ before }) => qstr >= before);
    if (!pool) return undefined;
    const entry = await read(pool.address + this.layout.texts + 4 * (qstr - pool.before), 4);
    const address = entry && wordAt(entry, 0);
    return address ? await this.text(address + this.layout.textHead, read) : undefined;
  }

  /** Newest first. */
  private async readPools(read: ReadScriptMemory): Promise<Pool[]> {
    const pools: Pool[] = [];
    const { last, previous, before } = this.layout;
    const newest = await read(last, 4);
    let address = newest ? wordAt(newest, 0) : 0;
    while (address !== 0 && pools.length < MAX_POOLS) {
      const head = await read(address, Math.max(previous, before) + 4);
      if (!head) break;
      const pool = { address, before: wordAt(head, before) & COUNT_MASK };
      const newer = pools.at(-1);
      // Each begins where the older ones end; all else is no list of pools.
      if (newer && pool.before >= newer.before) break;
      pools.push(pool);
      address = wordAt(head, previous);
    }
    return pools;
  }

  private async text(address: Address, read: ReadScriptMemory): Promise<string | undefined> {
    const bytes: number[] = [];
    while (bytes.length < MAX_TEXT_BYTES) {
      const at = address + bytes.length;
      const piece = await read(at, PIECE_BYTES - (at % PIECE_BYTES));
      if (!piece || piece.length === 0) return undefined;
      const end = piece.indexOf(0);
      bytes.push(...(end < 0 ? piece : piece.subarray(0, end)));
      if (end >= 0) return this.decoder.decode(Uint8Array.from(bytes));
    }
    return undefined;
  }
}
