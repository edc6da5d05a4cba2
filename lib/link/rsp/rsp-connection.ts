import { connect, type Socket } from 'node:net';
import { tellTraffic } from '../../base/traffic.js';
import type { Milliseconds } from '../../base/units.js';
import { Latencies } from '../link-times.js';
import { WAIT_MS } from '../waits.js';
import { encodePacket, PacketDecoder, type RspItem } from './packet-codec.js';
import { connectFailed, corruptPacket, linkClosed, notHalted, outOfStep, replyTimeout } from './rsp-errors.js';

export interface RspConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs?: Milliseconds;
  /** For every reply but that of a running target. */
  readonly replyTimeoutMs?: Milliseconds;
  /** Text that the target or the server prints (`O` packets), outside of a monitor command. */
  readonly onOutput?: (text: string) => void;
}

const INTERRUPT = Buffer.from([0x03]);
const ACK = Buffer.from('+');

interface Waiter {
  readonly request: string;
  /** Whether the reply is the stop of a running target: it may take any time, and only stop replies fit. */
  readonly isStop: boolean;
  readonly resolve: (reply: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly onConsole: ((text: string) => void) | undefined;
  readonly timeoutMs: Milliseconds;
  readonly deadline: number;
  /** When its write was sent: of the last reply of a write that has no stop; else undefined. */
  readonly sentAt: number | undefined;
}

/** What the line was used for. A round trip is one write that waits for at least one reply. */
export interface LineCounters {
  packets: number;
  roundTrips: number;
  bytesSent: number;
  bytesReceived: number;
}

/**
 * One TCP connection to a debug server: requests out, replies back in the same order. Anything that does not fit (a reply
 * that nobody waits for, a bad checksum, a reply that is late) ends the connection at once, because from then on
 * a reply could be taken for the answer to another request. All later calls reject with that first reason.
 */
export class RspConnection {
  readonly where: string;
  readonly counters: LineCounters = { packets: 0, roundTrips: 0, bytesSent: 0, bytesReceived: 0 };
  /** Of every write, from when it was sent to its last reply; how long a target runs is no part of it. */
  readonly latencies = new Latencies();
  /** Whether `+` is sent for each packet. QEMU must not get any: one that arrives while the target runs stops it. */
  acknowledges = false;
  /**
   * After an interrupt that crossed a breakpoint stop, some servers report the interrupt too, later; and a server whose target runs when
   * a client connects stops it and says so unasked (QEMU: `T02thread:01;`), before it answers anything.
   */
  toleratesLateInterrupt = true;
  private readonly decoder = new PacketDecoder();
  private readonly waiters: Waiter[] = [];
  private readonly replyTimeoutMs: Milliseconds;
  private timer: NodeJS.Timeout | undefined;
  private failure: Error | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly options: RspConnectOptions,
  ) {
    this.where = `${options.host}:${options.port}`;
    this.replyTimeoutMs = options.replyTimeoutMs ?? WAIT_MS.reply;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => this.fail(linkClosed(this.where, this.busyWith(), error)));
    socket.on('close', () => this.fail(linkClosed(this.where, this.busyWith())));
  }

  /** @throws TargetError HH1550 when nobody listens, or not in time. */
  static async open(options: RspConnectOptions, signal?: AbortSignal): Promise<RspConnection> {
    signal?.throwIfAborted();
    const { host, port } = options;
    const socket = connect({ host, port });
    const timeoutMs = options.connectTimeoutMs ?? WAIT_MS.connect;
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
        const settle = (action: () => void) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', aborted);
          action();
        };
        const aborted = () => settle(() => reject(new Error('aborted')));
        signal?.addEventListener('abort', aborted);
        socket.once('connect', () => settle(resolve));
        socket.once('error', (error) => settle(() => reject(error)));
      });
    } catch (error) {
      socket.destroy();
      throw connectFailed(`${host}:${port}`, error);
    }
    socket.removeAllListeners();
    return new RspConnection(socket, options);
  }

  /** Why the connection ended; undefined while it is well. */
  get closedBecause(): Error | undefined {
    return this.failure;
  }

  /** Whether the target runs, as far as the client knows: a stop reply is awaited. */
  get running(): boolean {
    return this.waiters.at(-1)?.isStop === true;
  }

  /** Sends one packet and resolves to its reply. */
  async request(payload: string | Uint8Array, timeoutMs?: Milliseconds): Promise<Buffer> {
    const [reply] = this.send([payload], timeoutMs);
    return reply as Promise<Buffer>;
  }

  /** Sends packets in one write; one promise each, settled in order. */
  send(payloads: readonly (string | Uint8Array)[], timeoutMs: Milliseconds = this.replyTimeoutMs): Promise<Buffer>[] {
    return this.write(payloads, { timeoutMs });
  }

  /** Sends packets in one write, the last of which makes the target run; its promise settles with the stop reply. */
  sendAndRun(payloads: readonly (string | Uint8Array)[]): Promise<Buffer>[] {
    return this.write(payloads, { timeoutMs: this.replyTimeoutMs, lastRuns: true });
  }

  /** A monitor command (`qRcmd`): `O` packets are its output until another reply comes. */
  async requestWithConsole(
    payload: string,
    onConsole: (text: string) => void,
    timeoutMs: Milliseconds,
  ): Promise<Buffer> {
    const [reply] = this.write([payload], { timeoutMs, onConsole });
    return reply as Promise<Buffer>;
  }

  /** Asks a running target to stop; the stop reply goes to whoever awaits it. */
  interrupt(): void {
    if (this.failure) throw this.failure;
    tellTraffic('rsp', '>', () => '<interrupt>');
    this.socket.write(INTERRUPT);
  }

  /** Ends the connection without a word; awaiting calls reject with `reason`. */
  destroy(reason: Error = linkClosed(this.where, 'our own close')): void {
    this.fail(reason);
  }

  private write(
    payloads: readonly (string | Uint8Array)[],
    how: { timeoutMs: Milliseconds; lastRuns?: boolean; onConsole?: (text: string) => void },
  ): Promise<Buffer>[] {
    const { failure } = this;
    if (failure) return rejectAll(payloads.length, failure);
    if (this.running) return rejectAll(payloads.length, notHalted(describe(payloads[0] ?? '')));
    const packets = payloads.map((payload) => encodePacket(payload));
    const bytes = packets.length === 1 ? (packets[0] ?? ACK) : Buffer.concat(packets);
    const now = performance.now();
    const deadline = now + how.timeoutMs;
    const lastReply = payloads.length - (how.lastRuns === true ? 2 : 1);
    const replies = payloads.map((payload, index) => {
      const isStop = how.lastRuns === true && index === payloads.length - 1;
      return new Promise<Buffer>((resolve, reject) => {
        const request = describe(payload);
        const until = isStop ? Number.POSITIVE_INFINITY : deadline;
        const sentAt = index === lastReply ? now : undefined;
        const { onConsole, timeoutMs } = how;
        this.waiters.push({ timeoutMs, request, isStop, resolve, reject, onConsole, deadline: until, sentAt });
      });
    });
    // The caller awaits the replies one after another; none may count as unhandled until it gets there.
    for (const reply of replies) reply.catch(() => undefined);
    for (const payload of payloads) tellTraffic('rsp', '>', () => whole(payload));
    this.counters.packets += packets.length;
    this.counters.roundTrips++;
    this.counters.bytesSent += bytes.length;
    this.socket.write(bytes);
    this.watch();
    return replies;
  }

  private receive(chunk: Buffer): void {
    this.counters.bytesReceived += chunk.length;
    for (const item of this.decoder.push(chunk)) {
      if (this.failure) return;
      this.handle(item);
    }
  }

  private handle(item: RspItem): void {
    switch (item.kind) {
      case 'broken':
        this.fail(corruptPacket(this.where, item.reason));
        break;
      case 'nak':
        // The server got a damaged request. Sending it again could do it twice: the link is not to be trusted.
        this.fail(corruptPacket(this.where, `the server's complaint about ${this.busyWith()}`));
        break;
      case 'notification':
        // Only non-stop mode has notifications, which is never asked for.
        break;
      case 'packet':
        this.deliver(item.payload);
    }
  }

  private deliver(payload: Buffer): void {
    if (this.acknowledges) this.socket.write(ACK);
    tellTraffic('rsp', '<', () => whole(payload));
    const head = this.waiters[0];
    if (isOutput(payload) && (head === undefined || head.isStop || head.onConsole !== undefined)) {
      const text = Buffer.from(payload.toString('latin1', 1), 'hex').toString('utf8');
      (head?.onConsole ?? this.options.onOutput)?.(text);
    } else if (head !== undefined && head.isStop === isStopReply(payload, head.request)) {
      this.waiters.shift();
      if (head.sentAt !== undefined) this.latencies.add(performance.now() - head.sentAt);
      head.resolve(payload);
    } else if (this.toleratesLateInterrupt && /^[TS]02/.test(payload.toString('latin1', 0, 3))) {
      this.toleratesLateInterrupt = false;
    } else {
      const expected = head === undefined ? 'none' : head.isStop ? 'a stop reply' : `one to '${head.request}'`;
      this.fail(outOfStep(this.where, describe(payload), expected));
    }
  }

  /** One timer for all replies: it is not set anew for each, but looks when it fires whether the oldest request is overdue. */
  private watch(): void {
    if (this.timer !== undefined) return;
    const next = this.waiters.find((waiter) => Number.isFinite(waiter.deadline));
    if (!next) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        const oldest = this.waiters[0];
        if (oldest && oldest.deadline <= performance.now()) {
          this.fail(replyTimeout(this.where, oldest.request, oldest.timeoutMs));
        } else this.watch();
      },
      Math.max(1, next.deadline - performance.now() + 1),
    );
    this.timer.unref();
  }

  private busyWith(): string {
    const head = this.waiters[0];
    if (!head) return 'no request';
    return head.isStop ? 'a run of the target' : `'${head.request}'`;
  }

  private fail(reason: Error): void {
    if (this.failure) return;
    this.failure = reason;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.socket.destroy();
    for (const waiter of this.waiters.splice(0)) waiter.reject(reason);
  }
}

function rejectAll(count: number, reason: Error): Promise<Buffer>[] {
  return Array.from({ length: count }, () => {
    const rejected = Promise.reject<Buffer>(reason);
    rejected.catch(() => undefined);
    return rejected;
  });
}

/** Console output is `O` and hex digits; `OK` is not, and neither is any stop reply. */
function isOutput(payload: Buffer): boolean {
  return payload[0] === 0x4f && payload.length % 2 === 1 && payload[1] !== 0x4b;
}

/** `?` asks for the last stop reply without running anything. */
function isStopReply(payload: Buffer, request: string): boolean {
  const isStop = /^[TSWXN]/.test(payload.toString('latin1', 0, 1));
  return request === '?' ? false : isStop;
}

function whole(payload: string | Uint8Array): string {
  return typeof payload === 'string' ? payload : Buffer.from(payload).toString('latin1');
}

/** The start of a payload, safe to print. */
export function describe(payload: string | Uint8Array): string {
  const shown = whole(payload).replace(/[^\x20-\x7e]/g, '.');
  return shown.length <= 60 ? shown : `${shown.slice(0, 57)}...`;
}
