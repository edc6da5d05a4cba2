import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { EventKind, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

const DAY_MS = 24 * 3600 * 1000;
const FIRST_DAY = Date.UTC(2026, 0, 5);
const BOARDS = ['metro_m0_express', 'feather_m4', 'pico_w', 'nucleo_f446re'];
/** A tenth of the captures is of a build that is rolled out in that time. */
const BUILDS = 10;
const DAYS = 20;

/** Which capture of a fleet: its board, its build and its day follow from the number. */
export function fleetTrace(number: number, all: number, events: number): Trace {
  const board = BOARDS[number % BOARDS.length] ?? '';
  const day = Math.floor((number * DAYS) / all);
  const build = Math.floor((number * BUILDS) / all);
  const builder = new TraceBuilder({
    source: 'generated',
    board,
    unitBytes: 8,
    complete: true,
    startedAtWallMs: FIRST_DAY + day * DAY_MS + number * 1000,
    elf: { path: `build/fw-${build}.elf`, buildId: `${build}`.padStart(40, 'b') },
  });
  builder.add({ kind: 'region', region: { name: 'heap', baseAddress: 0x20000000, sizeBytes: 65_536, unitBytes: 8 } });
  const stacks = stacksOf(builder);
  let state = number * 2_654_435_761 + 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  const free = Array.from({ length: 512 }, (_, i) => i);
  const live: number[] = [];
  for (let seq = 0; seq < events; seq++) {
    const grow = live.length < 200 ? 6 : 4;
    if (live.length < 300 && (live.length === 0 || random() % 10 < grow)) {
      const slot = free.pop() ?? 0;
      live.push(slot);
      const stack = stacks[random() % stacks.length] ?? -1;
      // From the sixth build on the first path asks for more.
      const size = 8 + (random() % 12) * 8 + (stack === stacks[0] && build >= 5 ? 32 : 0);
      builder.addEvent(EventKind.alloc, 0x20000000 + slot * 128, size, stack);
    } else {
      const [slot = 0] = live.splice(random() % live.length, 1);
      free.push(slot);
      builder.addEvent(EventKind.free, 0x20000000 + slot * 128, 0, stacks[random() % stacks.length] ?? -1);
    }
    builder.setLast('atUs', seq * 50);
  }
  return builder.build();
}

/** Sixty call paths of up to six calls. */
function stacksOf(builder: TraceBuilder): number[] {
  const stacks: number[] = [];
  for (let i = 0; i < 60; i++) {
    const parent = i < 6 ? -1 : (stacks[Math.floor(i / 3)] ?? -1);
    const frame = builder.tables.frame({
      address: 0x8000 + i * 16,
      functionName: `task_${i}`,
      file: `src/module_${i % 9}.c`,
      line: i * 7 + 1,
    });
    stacks.push(builder.tables.push(parent, frame));
  }
  return stacks;
}

/** Writes the journals of a fleet, a folder a device; returns their paths. */
export async function writeFleet(folder: string, captures: number, events: number): Promise<string[]> {
  const paths: string[] = [];
  for (let i = 0; i < captures; i++) {
    const device = join(folder, `device-${String(i % 200).padStart(4, '0')}`);
    await mkdir(device, { recursive: true });
    const path = join(device, `${i}.harvest`);
    await writeFile(path, Buffer.concat(journalBytes(fleetTrace(i, captures, events))));
    paths.push(path);
  }
  return paths;
}
