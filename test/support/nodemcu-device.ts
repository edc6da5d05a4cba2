import { setTimeout as delay } from 'node:timers/promises';

interface TraceEntry {
  readonly address: number;
  readonly sizeBytes: number;
  readonly callers: readonly number[];
  freedBy?: readonly number[];
}

export interface NodeMcuTraits {
  /** Sends this many bytes at a time. */
  readonly pieceBytes?: number;
  /** After each piece. */
  readonly pauseMs?: number;
  /** A line of another task's after every so many pieces. */
  readonly chatterEvery?: number;
  /** No heaptrace module in the firmware. */
  readonly withoutModule?: boolean;
  /** Buffers larger than this are out of memory. */
  readonly maxRecords?: number;
  /** Allocations that typing a line makes; 0: none. */
  readonly typingAllocations?: number;
}

const TYPED: readonly number[] = [0x400d1111, 0x400d2222];

/**
 * Behaves as NodeMCU's interactive Lua does, on the far side of a serial line: echoes what is typed, runs a line at its
 * end, prompts `> ` or `>> `, prints errors with a traceback, and has ESP-IDF's heaptrace module.
 */
export class NodeMcuDevice {
  /** `x = 1` style globals. */
  private globals = new Map<string, string>();
  private typed = '';
  private open = '';
  private records = 0;
  private mode: 'all' | 'leaks' = 'all';
  private tracing = false;
  private entries: TraceEntry[] = [];
  private nextAddress = 0x3ffb0000;
  private sending: Promise<void> = Promise.resolve();
  private pieces = 0;
  /** Statements that were run, for tests to look at. */
  readonly history: string[] = [];
  /** Once set, the next dump stops half-way and the device falls silent. */
  hangInDump = false;
  /** Called when a dump begins. */
  onDump: () => void = () => undefined;

  constructor(
    private readonly write: (bytes: Uint8Array) => void,
    private readonly traits: NodeMcuTraits = {},
  ) {}

  /** What the host wrote. */
  receive(bytes: Uint8Array): void {
    for (const char of Buffer.from(bytes).toString('latin1')) {
      if (char === '\n' || char === '\r') {
        this.print('\n');
        this.line(this.typed);
        this.typed = '';
      } else {
        this.typed += char;
        this.print(char);
      }
    }
  }

  /** The action under test: allocates, and frees again if told to. */
  allocate(sizeBytes: number, callers: readonly number[], free = false): number {
    const address = this.nextAddress;
    this.nextAddress += 64;
    if (!this.tracing || (free && this.mode === 'leaks')) return address;
    this.entries.push({ address, sizeBytes, callers, ...(free ? { freedBy: [0x400d9999, 0] } : {}) });
    while (this.entries.length > this.records) this.entries.shift();
    return address;
  }

  /** Power cycle: all state is lost; boot messages, then the prompt. */
  reset(): void {
    this.boots++;
    this.globals = new Map();
    this.typed = this.open = '';
    this.records = 0;
    this.tracing = false;
    this.entries = [];
    this.print('\r\nets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n');
    this.print('NodeMCU ESP32 build unspecified powered by Lua 5.1.4 on ESP-IDF v5.1\n> ');
  }

  /** Output of another task, whenever. */
  chatter(text: string): void {
    this.print(text);
  }

  private line(line: string): void {
    const statement = this.open === '' ? line : `${this.open}\n${line}`;
    if (isUnfinished(statement)) {
      this.open = statement;
      this.print('>> ');
      return;
    }
    this.open = '';
    for (let i = 0; i < (this.traits.typingAllocations ?? 0); i++) this.allocate(30 + i, TYPED);
    const boots = this.boots;
    try {
      this.run(statement);
    } catch (error) {
      // A reset ends everything; its boot messages end with a prompt of their own.
      if (this.boots !== boots) return;
      const message = error instanceof Error ? error.message : String(error);
      this.print(
        `Lua error: \tstdin:1: ${message}\nstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n`,
      );
    }
    if (!this.hung) this.print('> ');
  }

  private hung = false;
  private boots = 0;

  private run(statement: string): void {
    let rest = statement.trim();
    if (rest === '') return;
    this.history.push(rest);
    while (rest !== '') {
      const match = STATEMENTS.map((pattern) => pattern.exec(rest)).find((found) => found !== null);
      if (!match) throw new Error(`unexpected symbol near '${rest.split(/\s/)[0]}'`);
      this.statement(match[0].trim());
      rest = rest.slice(match[0].length).trim();
    }
  }

  private statement(text: string): void {
    const [, name = '', argument = ''] = /^([\w.]+)\s*\((.*)\)$/.exec(text) ?? [];
    const assignment = /^(\w+)="(.*)"$/.exec(text);
    if (assignment) this.globals.set(assignment[1] ?? '', assignment[2] ?? '');
    else if (name.startsWith('heaptrace.')) this.heaptrace(name.slice(10), argument);
    else if (name === 'print') this.print(`${this.evaluate(argument)}\n`);
  }

  /** `"text"..7`, `"text"..tostring(name)`, `"text"`. */
  private evaluate(expression: string): string {
    const match = /^"([^"]*)"(?:\.\.(?:(\d+)|tostring\((\w+)\)))?$/.exec(expression);
    const name = match?.[3];
    return `${match?.[1] ?? 'nil'}${match?.[2] ?? ''}${name === undefined ? '' : (this.globals.get(name) ?? 'nil')}`;
  }

  private heaptrace(name: string, argument: string): void {
    if (this.traits.withoutModule) throw new Error("attempt to index a nil value (global 'heaptrace')");
    switch (name) {
      case 'init':
        if (Number(argument) <= 0) throw new Error('invalid trace buffer size');
        if (Number(argument) > (this.traits.maxRecords ?? 10_000)) throw new Error('out of memory');
        this.records = Number(argument);
        this.tracing = false;
        this.entries = [];
        return;
      case 'start':
        if (this.records === 0) throw new Error('failed to start heap tracing; code 259');
        this.mode = argument.includes('LEAKS') ? 'leaks' : 'all';
        this.entries = [];
        this.tracing = true;
        return;
      case 'stop':
        if (!this.tracing) throw new Error('failed to stop heap tracing; code 259');
        this.tracing = false;
        return;
      case 'resume':
        if (this.tracing) throw new Error('failed to resume heap tracing; code 259');
        this.tracing = true;
        return;
      case 'dump':
        this.onDump();
        if (this.records === 0) throw new Error('reset');
        this.dump();
    }
  }

  private dump(): void {
    const { entries } = this;
    this.print(`====== Heap Trace: ${entries.length} records (${this.records} capacity) ======\n`);
    for (const [index, entry] of entries.entries()) {
      if (this.hangInDump && index === 1) {
        this.hung = true;
        return;
      }
      const callers = `caller ${hex(entry.callers)}`;
      this.print(
        `${String(entry.sizeBytes).padStart(6)} bytes (@ ${hex([entry.address])}, Internal) allocated CPU 0 ccount 0x${(index * 4096).toString(16).padStart(8, '0')} ${callers}\n`,
      );
      if (entry.freedBy) this.print(`freed by ${hex(entry.freedBy)}\n`);
    }
    const alive = entries.filter((entry) => !entry.freedBy);
    const bytes = alive.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    this.print('====== Heap Trace Summary ======\n');
    this.print(`Mode: Heap Trace ${this.mode === 'all' ? 'All' : 'Leaks'}\n`);
    this.print(`${bytes} bytes alive in trace (${alive.length}/${entries.length} allocations)\n`);
    this.print(`records: ${entries.length} (${this.records} capacity, ${entries.length} high water mark)\n`);
    this.print(`total allocations: ${entries.length}\ntotal frees: ${entries.length - alive.length}\n`);
    this.print('================================\n');
  }

  private print(text: string): void {
    if (this.hung) return;
    const { pieceBytes, pauseMs = 0, chatterEvery } = this.traits;
    if (pieceBytes === undefined) {
      this.write(Buffer.from(text, 'latin1'));
      return;
    }
    this.sending = this.sending.then(async () => {
      for (let at = 0; at < text.length; at += pieceBytes) {
        this.write(Buffer.from(text.slice(at, at + pieceBytes), 'latin1'));
        if (pauseMs > 0) await delay(pauseMs);
        // Other tasks print whole lines of their own, at the starts of lines.
        if (chatterEvery && text.endsWith('\n') && at + pieceBytes >= text.length && ++this.pieces % chatterEvery === 0)
          this.write(Buffer.from('I (123) wifi: new:<6,0>, old:<1,0>\r\n'));
      }
    });
  }
}

const STATEMENTS = [
  /^heaptrace\.\w+\s*\([^)]*\)/,
  /^collectgarbage\s*\(\)/,
  /^print\s*\((?:[^()]|\(\w+\))*\)/,
  /^\w+="[^"]*"/,
] as const;

/** Lua asks for more while a parenthesis or a function is open. */
function isUnfinished(statement: string): boolean {
  const count = (pattern: RegExp) => (statement.match(pattern) ?? []).length;
  return count(/\(/g) > count(/\)/g) || count(/\b(?:function|do|then)\b/g) > count(/\bend\b/g);
}

const hex = (addresses: readonly number[]) =>
  addresses.map((address) => `0x${address.toString(16).padStart(8, '0')}`).join(':');
