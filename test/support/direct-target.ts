import type { HarvestPlan } from '../../lib/harvest/engine.js';
import type { Board } from '../../lib/boards/board.js';
import type { Target } from '../../lib/targets/target.js';
import { symbolAddresses } from './lisp-firmware.js';

const BOARDS = {
  'mps2-an385': { core: 'cortex-m3', ram: [{ baseAddress: 0x20000000, sizeBytes: 0x400000 }], flashBytes: 0x400000 },
  microbit: { core: 'cortex-m0', ram: [{ baseAddress: 0x20000000, sizeBytes: 0x10000 }], flashBytes: 0x40000 },
} as const;

export interface DirectTargetOptions {
  readonly board: keyof typeof BOARDS;
  readonly elfPath: string;
  readonly port: number;
  readonly kind?: Target['kind'];
  readonly tclPort?: number;
  readonly resetCommands?: readonly string[];
  readonly console?: AsyncIterable<string>;
}

/** A target that is attached to: something else started its server. */
export function directTarget(options: DirectTargetOptions): Target {
  const { core, ram, flashBytes } = BOARDS[options.board];
  const board: Board = {
    name: options.board,
    title: options.board,
    verified: 'run',
    mcu: { name: options.board, core, architecture: 'arm' },
    memory: [
      { name: 'flash', kind: 'flash', baseAddress: 0, sizeBytes: flashBytes },
      ...ram.map((area) => ({ name: 'ram', kind: 'ram' as const, ...area })),
    ],
    comparators: { breakpoints: 4, watchpoints: 2 },
    debug: true,
    servers: {},
    usb: [],
    serial: { baud: 115200, prompt: '>>> ' },
    notes: [],
  };
  return {
    kind: options.kind ?? 'qemu',
    server: { host: '127.0.0.1', port: options.port },
    ...(options.tclPort === undefined ? {} : { tclPort: options.tclPort }),
    board,
    elfPath: options.elfPath,
    resetCommands: options.resetCommands ?? [],
    load: false,
    lost: new Promise<never>(() => undefined),
    ...(options.console ? { console: options.console } : {}),
    async [Symbol.asyncDispose]() {},
  };
}

/** The plan of a usual capture of the example firmware: from reset to its REPL. */
export function lispPlan(elfPath: string, changes: Partial<HarvestPlan> = {}): HarvestPlan {
  const symbol = symbolAddresses(elfPath);
  const point = (name: string) => ({ label: name, address: symbol(name) });
  // Offsets in `mp_state_ctx.mem.area`: the test on the firmware checks them against gdb.
  const area = symbol('mp_state_ctx') + 20;
  return {
    hook: {
      type: 'gc-log',
      logFunction: point('gc_log_change'),
      gcInit: point('gc_init'),
      variables: { allocTableStart: area, allocTableByteLen: area + 4, poolStart: area + 12, poolEnd: area + 16 },
      blockBytes: 16,
    },
    stops: [point('pyexec_friendly_repl')],
    maxDepth: 100,
    ...changes,
  };
}
