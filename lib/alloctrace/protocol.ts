import { TraceFormatError } from '../errors/errors.js';
import type { AlloctraceHeader } from '../formats/alloctrace-document.js';
import { JsonFields } from '../formats/json-fields.js';
import type { RingState } from '../ring/heap-ring.js';
import { MAX_RING_DEPTH, type RingSettings, type RingSettingsChange } from '../ring/ring-settings.js';
import type { Trace } from '../trace/trace.js';

/** The base path unless told otherwise. */
export const DEFAULT_BASE_PATH = '/alloctrace';

/** The answer to `GET /status`. */
export interface AlloctraceStatus extends RingSettings {
  readonly state: RingState;
  readonly ring: { readonly count: number; readonly capacity: number };
  readonly captured: number;
  readonly overwritten: number;
  readonly collapsed: number;
  readonly target?: { readonly name: string; readonly elfBuildId?: string };
}

/**
 * What a server serves: a live ring or a finished trace. A call that the source cannot do rejects with
 * TargetError HH1630 (the server answers 409 with its message).
 */
export interface ServedRing {
  status(): AlloctraceStatus | Promise<AlloctraceStatus>;
  configure(change: RingSettingsChange): void | Promise<void>;
  freeze(): void | Promise<void>;
  resume(): void | Promise<void>;
  reset(): void | Promise<void>;
  /** At least the newest `limit` events; all when it is undefined. The server cuts what is more. */
  trace(limit?: number): RingContents | Promise<RingContents>;
}

/** A trace as `GET /trace` tells it: what the ring knows better than the trace stands in `header`. */
export interface RingContents {
  readonly trace: Trace;
  readonly header: Partial<AlloctraceHeader>;
}

const STATES = ['idle', 'recording', 'frozen', 'full'] as const;
const MAX_MIN_SIZE = 0xffffffff;

/** The status that a board's tracer tells. @throws TraceFormatError HH1491 naming the member. */
export function parseStatus(value: unknown, where: string): AlloctraceStatus {
  const fields = new JsonFields(value, where);
  const ring = fields.object('ring');
  const backtrace = fields.object('backtrace');
  const target = fields.optionalObject('target');
  const elfBuildId = target?.optionalString('elfBuildId');
  return {
    state: fields.choice('state', STATES),
    ring: { count: ring.integer('count'), capacity: ring.integer('capacity') },
    captured: fields.integer('captured'),
    overwritten: fields.integer('overwritten'),
    collapsed: fields.integer('collapsed'),
    captureLargest: fields.boolean('captureLargest'),
    collapsePairs: fields.boolean('collapsePairs'),
    stopOnFull: fields.boolean('stopOnFull'),
    backtrace: {
      depth: backtrace.integer('depth', MAX_RING_DEPTH),
      minSizeBytes: backtrace.integer('minSizeBytes', MAX_MIN_SIZE),
      skipFrees: backtrace.boolean('skipFrees'),
    },
    ...(target && { target: { name: target.string('name'), ...(elfBuildId === undefined ? {} : { elfBuildId }) } }),
  };
}

const FLAGS = ['captureLargest', 'collapsePairs', 'stopOnFull'] as const;
const BACKTRACE_MEMBERS = ['depth', 'minSizeBytes', 'skipFrees'];

/**
 * Reads the body of `POST /config`: any subset of the settings. A member that it does not know is refused too, because a
 * misspelt one would change nothing unseen. @throws TraceFormatError HH1491 naming the member.
 */
export function parseConfig(value: unknown): RingSettingsChange {
  const fields = new JsonFields(value, 'config');
  refuseUnknown(value, 'config', [...FLAGS, 'backtrace']);
  const flags = FLAGS.filter((name) => fields.has(name)).map((name) => [name, fields.boolean(name)] as const);
  if (!fields.has('backtrace')) return Object.fromEntries(flags);
  const backtrace = fields.object('backtrace');
  refuseUnknown(fields.value('backtrace'), 'config.backtrace', BACKTRACE_MEMBERS);
  const depth = backtrace.has('depth') ? backtrace.integer('depth', MAX_RING_DEPTH) : undefined;
  if (depth === 0)
    throw new TraceFormatError('HH1491', `config.backtrace.depth: found 0, expected 1 to ${MAX_RING_DEPTH}`);
  return {
    ...Object.fromEntries(flags),
    backtrace: {
      ...(depth === undefined ? {} : { depth }),
      ...(backtrace.has('minSizeBytes') ? { minSizeBytes: backtrace.integer('minSizeBytes', MAX_MIN_SIZE) } : {}),
      ...(backtrace.has('skipFrees') ? { skipFrees: backtrace.boolean('skipFrees') } : {}),
    },
  };
}

function refuseUnknown(value: unknown, where: string, known: readonly string[]): void {
  const unknown = Object.keys(Object(value)).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TraceFormatError('HH1491', `${where}.${unknown}: no such setting, expected ${known.join(', ')}`);
}
