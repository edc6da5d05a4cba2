import { pathToFileURL } from 'node:url';
import type {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBValue,
  DuckDBVector,
} from '@duckdb/node-api';
import { optionalPackage } from '../base/optional-package.js';
import { errorMessage, HarvestError, ToolMissingError, UsageError } from '../errors/errors.js';

type Vendor = typeof import('@duckdb/node-api');
const PACKAGE = '@duckdb/node-api';

/** What a cell of an answer may be. Whole numbers that a `number` holds are numbers, larger ones are text; times are ISO 8601 in UTC. */
export type Cell = string | number | boolean | null | readonly Cell[] | { readonly [name: string]: Cell };

/** The answer to a query. */
export interface Answer {
  readonly columns: readonly string[];
  /** Whether a column holds numbers: they are aligned to the right. */
  readonly numeric: readonly boolean[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Numbers in a row, of any width. */
type Numbers = readonly number[] | Float64Array | Uint32Array | Int32Array | Uint8Array;

/** A column of an append. */
export type StagedColumn =
  | { readonly type: 'double' | 'integer'; readonly values: Numbers }
  | { readonly type: 'text'; readonly values: readonly (string | null)[] };

/** How much memory DuckDB may take before it uses the disk. */
const MEMORY_LIMIT = '400MB';

/** A DuckDB of our own in memory. @throws ToolMissingError HH2020 without the package */
export function openDuckDb(options: { readonly temporaryFolder?: string } = {}): Promise<Database> {
  return Database.open(options);
}

async function loadDuckDb(): Promise<Vendor> {
  const path = optionalPackage(PACKAGE, 'HH2020');
  try {
    return (await import(pathToFileURL(path).href)) as Vendor;
  } catch (cause) {
    // It has a part for each platform, which may be missing.
    throw new ToolMissingError('HH2020', `npm package ${PACKAGE}: cannot be loaded: ${errorMessage(cause)}`, {
      cause,
      remedy: `npm install ${PACKAGE}`,
    });
  }
}

/** A text as a literal of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A connection to a database in memory; the only place that knows DuckDB's package. */
export class Database implements Disposable {
  private readonly appenders = new Map<string, ChunkAppender>();

  // Private, and with it what our declarations would name of a package that may not be installed.
  private constructor(
    private readonly vendor: Vendor,
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
  ) {}

  static async open({ temporaryFolder }: { readonly temporaryFolder?: string }): Promise<Database> {
    const vendor = await loadDuckDb();
    // Nothing is fetched from anywhere: what the build has must do.
    const instance = await vendor.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: MEMORY_LIMIT,
      ...(temporaryFolder === undefined ? {} : { temp_directory: temporaryFolder }),
    });
    return new Database(vendor, instance, await instance.connect());
  }

  /** Runs statements of our own. */
  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** The answer to a query of our own. */
  async query(sql: string, values: Readonly<Record<string, string | number>> = {}): Promise<Answer> {
    const reader = await this.connection.runAndReadAll(sql, Object.keys(values).length > 0 ? { ...values } : undefined);
    const numeric = reader.columnTypes().map((type) => isNumeric(type.toString()));
    return { columns: reader.columnNames(), numeric, rows: cells(reader.getRows()) };
  }

  /**
   * The answer to somebody else's query, in pieces of rows as they are made. Ends early when `signal` aborts.
   * @throws UsageError HH2024 for SQL that is wrong, HH2025 for what is no single query unless `writable`
   */
  async *ask(sql: string, options: { readonly writable: boolean; readonly signal?: AbortSignal }) {
    const { signal } = options;
    const interrupt = () => this.connection.interrupt();
    signal?.addEventListener('abort', interrupt);
    try {
      const statement = await this.prepared(sql, options.writable);
      const result = await statement.stream();
      const columns = result.columnNames();
      const numeric = result.columnTypes().map((type) => isNumeric(type.toString()));
      yield { columns, numeric, rows: [] } as Answer;
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return;
        yield { columns, numeric, rows: cells(chunk.getRows()) } as Answer;
      }
    } catch (cause) {
      if (signal?.aborted) signal.throwIfAborted();
      throw cause instanceof HarvestError ? cause : wrongSql(cause);
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }

  /** Appends columns to a table. They are there for queries after {@link flush}. */
  async append(table: string, count: number, columns: readonly StagedColumn[]): Promise<void> {
    let appender = this.appenders.get(table);
    if (!appender) {
      const types = columns.map(({ type }) => type);
      appender = new ChunkAppender(this.vendor, await this.connection.createAppender(table), types);
      this.appenders.set(table, appender);
    }
    appender.append(count, columns);
  }

  /** Puts what was appended into the tables. */
  flush(): void {
    for (const appender of this.appenders.values()) appender.close();
    this.appenders.clear();
  }

  [Symbol.dispose](): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  private async prepared(sql: string, writable: boolean) {
    // DuckDB says nothing of use about a text without a statement.
    if (/^(\s|;|--[^\n]*)*$/.test(sql)) throw notOneQuery('none');
    const statements = await this.connection.extractStatements(sql);
    if (statements.count !== 1) throw notOneQuery(`${statements.count} statements`);
    const statement = await statements.prepare(0);
    if (!writable && statement.statementType !== this.vendor.StatementType.SELECT)
      throw notOneQuery(this.vendor.StatementType[statement.statementType] ?? 'another statement');
    return statement;
  }
}

const CHUNK_ROWS = 2048;

/** Fills chunks of rows, each handed over when it is full: numbers are copied as memory, not one by one. */
class ChunkAppender {
  private readonly chunk: DuckDBDataChunk;
  private filled = 0;

  constructor(
    { DuckDBDataChunk, DOUBLE, INTEGER, VARCHAR }: Vendor,
    private readonly appender: DuckDBAppender,
    types: readonly StagedColumn['type'][],
  ) {
    this.chunk = DuckDBDataChunk.create(
      types.map((type) => ({ double: DOUBLE, integer: INTEGER, text: VARCHAR })[type]),
      CHUNK_ROWS,
    );
  }

  append(count: number, columns: readonly StagedColumn[]): void {
    for (let from = 0; from < count; ) {
      const rows = Math.min(CHUNK_ROWS - this.filled, count - from);
      columns.forEach((column, i) => {
        fill(this.chunk.getColumnVector(i), column, { from, rows, to: this.filled });
      });
      this.filled += rows;
      from += rows;
      if (this.filled === CHUNK_ROWS) this.hand();
    }
  }

  close(): void {
    if (this.filled > 0) this.hand();
    this.appender.closeSync();
  }

  private hand(): void {
    for (let i = 0; i < this.chunk.columnCount; i++) this.chunk.getColumnVector(i).flush();
    if (this.filled < CHUNK_ROWS) this.chunk.rowCount = this.filled;
    this.appender.appendDataChunk(this.chunk);
    this.filled = 0;
  }
}

interface Slice {
  readonly from: number;
  readonly rows: number;
  readonly to: number;
}

function fill(vector: DuckDBVector, { type, values }: StagedColumn, { from, rows, to }: Slice): void {
  // The vector keeps its numbers in a typed array that its types do not show: filled at once, a column costs a fortieth.
  const items: unknown = 'items' in vector ? vector.items : undefined;
  if (type !== 'text' && (items instanceof Float64Array || items instanceof Int32Array))
    items.set(
      Array.isArray(values) ? values.slice(from, from + rows) : (values as Float64Array).subarray(from, from + rows),
      to,
    );
  else for (let row = 0; row < rows; row++) vector.setItem(to + row, values[from + row] ?? null);
}

function notOneQuery(found: string): UsageError {
  return new UsageError(
    'HH2025',
    `query: found ${found}, expected one that only reads (SELECT, WITH, FROM, DESCRIBE)`,
    {
      remedy: 'options.writable runs any statement',
    },
  );
}

function wrongSql(cause: unknown): UsageError {
  // Without the lines that point into the query.
  const [said = ''] = errorMessage(cause).split(/\n+LINE \d+:/);
  return new UsageError('HH2024', `query: ${said.trim().replace(/\s*\n\s*/g, ' ')}`, {
    cause,
    remedy: 'the tables and their columns: docs/fleet.md, or `harvest fleet query DIR "DESCRIBE captures"`',
  });
}

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/.test(type);
}

function cells(rows: readonly (readonly DuckDBValue[])[]): Cell[][] {
  return rows.map((row) => row.map(cellOf));
}

function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if ('items' in value) return [...value.items].map(cellOf);
  if ('entries' in value && !Array.isArray(value.entries))
    return Object.fromEntries(
      Object.entries(value.entries as Record<string, DuckDBValue>).map(([k, v]) => [k, cellOf(v)]),
    );
  // Decimals are exact as text; times as the standard writes them.
  const text = value.toString();
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
}
