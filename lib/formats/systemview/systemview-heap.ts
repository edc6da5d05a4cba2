import type { Address, Bytes } from '../../base/units.js';
import { TraceFormatError } from '../../errors/errors.js';
import { ABSENT, AddressMap } from '../../trace/address-map.js';
import { EventKind } from '../../trace/trace.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions } from '../format.js';
import { StackByAddress } from '../stack-by-address.js';
import type { SystemViewPacket } from './systemview-packets.js';

const Id = {
  overflow: 1,
  isrEnter: 2,
  isrExit: 3,
  taskStart: 4,
  taskStop: 5,
  taskInfo: 9,
  traceStart: 10,
  isrToScheduler: 18,
  module: 22,
  init: 24,
  extended: 31,
} as const;
const SeggerHeap = { define: 2, alloc: 3, allocWithTag: 4, free: 5 } as const;
const ESP_HEAP_MODULE = 'ESP32 SystemView Heap Tracing Module';
const MAX_TASKS = 256;
const MAX_CALLERS = 64;

/** Follows tasks, time and both kinds of heap events of a SystemView stream, and puts the latter into a trace. */
export class SystemViewHeap {
  private readonly stacks: StackByAddress;
  private readonly live = new AddressMap();
  private readonly tasks = new Map<number, string>();
  private readonly running = new Map<number, { task: number; isrDepth: number }>();
  private readonly started = new Set<number>();
  private ticks = 0;
  private ticksPerSecond = 0;
  private ramBase: Address = 0;
  private idShift = 0;
  /** The id of ESP-IDF's alloc event; its free event follows it. -1 until the module was described. */
  private espHeapId = -1;
  private duplicates = 0;
  private passedOver = 0;
  heapEvents = 0;
  private readonly callers: Address[] = [];

  constructor(
    private readonly builder: TraceBuilder,
    options: ImportOptions,
    private readonly subject: string,
  ) {
    this.stacks = new StackByAddress(builder.tables, options.resolve);
  }

  handle(packet: SystemViewPacket): void {
    const { id, cursor } = packet;
    // Each core of one stream starts its trace; the time begins with the first, and anew where a core starts again.
    const begins = id === Id.traceStart && (this.started.size === 0 || this.started.has(packet.core));
    if (id === Id.traceStart) this.started.add(packet.core);
    this.ticks = begins ? 0 : this.ticks + packet.delta;
    if (this.espHeapId >= 0 && (id === this.espHeapId || id === this.espHeapId + 1)) {
      this.espEvent(packet, id === this.espHeapId);
      return;
    }
    const core = this.core(packet.core);
    switch (id) {
      case Id.overflow: {
        const lostEvents = cursor.u32();
        this.builder.add({ kind: 'gap', reason: 'SystemView overflow: the target dropped events', lostEvents });
        return;
      }
      case Id.isrEnter:
        core.isrDepth++;
        return;
      case Id.isrExit:
      case Id.isrToScheduler:
        core.isrDepth = Math.max(0, core.isrDepth - 1);
        return;
      case Id.taskStart:
        core.task = cursor.u32();
        return;
      case Id.taskStop:
        core.task = -1;
        return;
      case Id.taskInfo:
        this.nameTask(packet);
        return;
      case Id.module:
        this.module(packet);
        return;
      case Id.init:
        this.ticksPerSecond = cursor.u32();
        cursor.u32();
        this.ramBase = cursor.u32();
        this.idShift = cursor.u32() & 31;
        return;
      case Id.extended:
        this.seggerEvent(packet);
        return;
      default:
        if (id >= 512) this.passedOver++;
    }
  }

  finish(): void {
    const note = (code: string, text: string) => this.builder.add({ kind: 'note', code, text });
    if (this.duplicates > 0) {
      note(
        'sysview-implied-frees',
        `${this.duplicates} allocations at an address that was still live: a free was not recorded`,
      );
    }
    if (this.tasks.size > 0) {
      const names = [...this.tasks].map(([task, name]) => `0x${task.toString(16)} = ${name}`);
      note('sysview-tasks', names.join(', '));
    }
    if (this.heapEvents === 0) {
      const others = this.passedOver > 0 ? ` (${this.passedOver} events of undescribed modules were passed over)` : '';
      note('sysview-no-heap', `the recording has no heap events${others}`);
    }
  }

  private core(number: number): { task: number; isrDepth: number } {
    let core = this.running.get(number);
    if (!core) {
      core = { task: -1, isrDepth: 0 };
      this.running.set(number, core);
    }
    return core;
  }

  private nameTask({ cursor }: SystemViewPacket): void {
    const task = cursor.u32();
    cursor.u32();
    const name = cursor.string();
    if (this.tasks.size < MAX_TASKS) this.tasks.set(task, name.slice(0, 64));
  }

  private module({ cursor }: SystemViewPacket): void {
    cursor.u32();
    const offset = cursor.u32();
    if (cursor.string().includes(ESP_HEAP_MODULE)) this.espHeapId = offset;
  }

  /** offset+0: address, size, callers; offset+1: address, callers. */
  private espEvent(packet: SystemViewPacket, alloc: boolean): void {
    const { cursor } = packet;
    const address = cursor.u32();
    const size = alloc ? cursor.u32() : 0;
    const { callers } = this;
    callers.length = 0;
    while (cursor.at < cursor.end && callers.length < MAX_CALLERS) callers.push(cursor.u32());
    this.check(packet);
    this.emit(packet, alloc, address, size, this.stacks.chain(callers));
  }

  private seggerEvent(packet: SystemViewPacket): void {
    const { cursor } = packet;
    const what = cursor.u32();
    if (what < SeggerHeap.define || what > SeggerHeap.free) return;
    const heap = this.address(cursor.u32());
    const address = this.address(cursor.u32());
    if (what === SeggerHeap.define) {
      const sizeBytes = cursor.u32() * 2 ** this.idShift;
      this.check(packet);
      const name = `heap 0x${heap.toString(16)}`;
      if (this.builder.regions.length < 64) {
        this.builder.add({ kind: 'region', region: { name, baseAddress: address, sizeBytes, unitBytes: 1 } });
      }
      return;
    }
    const size = what === SeggerHeap.free ? 0 : cursor.u32() * 2 ** this.idShift;
    this.check(packet);
    this.emit(packet, what !== SeggerHeap.free, address, size, -1);
  }

  private emit(packet: SystemViewPacket, alloc: boolean, address: Address, size: Bytes, stack: number): void {
    const { builder } = this;
    this.heapEvents++;
    const before = this.live.get(address);
    if (alloc && before !== ABSENT && before >= 0) this.duplicates++;
    this.live.set(address, alloc ? 1 : -1);
    builder.addEvent(alloc ? EventKind.alloc : EventKind.free, address, size, stack);
    if (this.ticksPerSecond > 0) builder.setLast('atUs', (this.ticks * 1e6) / this.ticksPerSecond);
    const core = this.core(packet.core);
    if (core.isrDepth === 0 && core.task >= 0) builder.setLast('task', core.task);
  }

  /** SEGGER shortens addresses: (id << shift) + base, in 32 bits. */
  private address(id: number): Address {
    return (id * 2 ** this.idShift + this.ramBase) % 2 ** 32;
  }

  private check({ cursor, offset, id }: SystemViewPacket): void {
    if (!cursor.short && !cursor.tooLong) return;
    throw new TraceFormatError(
      'HH1442',
      `${this.subject}: byte ${offset}: found ${cursor.end} as the end of heap event ${id} inside one of its numbers, expected whole numbers (SystemView)`,
      { offset, remedy: 'the events before it were kept' },
    );
  }
}
