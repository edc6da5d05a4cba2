import type { StackId } from '../../base/units.js';
import type { EventDetails, TextEvents } from '../text-events.js';
import type { FieldValues } from './match-pattern.js';
import type { LinePattern } from './parse-pattern.js';

interface Target {
  readonly events: TextEvents;
  /** The time of the log, for lines that tell none. */
  readonly atUs: number | undefined;
}

/** Puts what one matched line says into the trace. */
export function addMatched(pattern: LinePattern, values: FieldValues, to: Target): void {
  const { events } = to;
  const { numbers, texts } = values;
  const address = numbers.get('address') ?? 0;
  const size = numbers.get('size') ?? 0;
  const name = texts.get('name') ?? pattern.name;
  switch (pattern.kind) {
    case 'alloc':
      events.alloc(address, size, details(values, to));
      break;
    case 'free':
    case 'sweep':
      events.free(address, size, details(values, to));
      break;
    case 'realloc': {
      const fromSize = numbers.get('fromSize');
      if (!events.builder.info.hasAddresses) {
        events.resize(fromSize, size, details(values, to));
        break;
      }
      events.realloc(numbers.get('from') ?? address, { address, sizeBytes: size }, details(values, to));
      if (fromSize !== undefined) events.builder.setLast('fromSizeBytes', fromSize);
      break;
    }
    case 'failed':
      events.failed(size, details(values, to));
      break;
    case 'mark':
      events.seen++;
      events.builder.add({ kind: 'mark', name: name ?? 'mark', ...time(values, to) });
      break;
    case 'level':
      addLevel(values, name ?? '', to);
      break;
    case 'region':
      events.region(name ?? 'heap', address, size);
      break;
    case 'snapshot':
      events.beginTable(name ?? 'snapshot');
      break;
    case 'total':
      events.checkTotals({ blocks: numbers.get('count'), bytes: numbers.get('size') });
      break;
    case 'gap':
      events.gap(`the source says that it lost events${name === undefined ? '' : `: ${name}`}`);
      break;
    case 'hole':
      events.hole(address, size);
      break;
    case 'skip':
      events.seen++;
      break;
  }
}

function addLevel(values: FieldValues, memory: string, to: Target): void {
  const { numbers } = values;
  const total = numbers.get('size');
  const used = numbers.get('used');
  const free =
    numbers.get('free') ?? (total !== undefined && used !== undefined ? total - used : numbers.get('largest'));
  if (free === undefined || free < 0) return;
  const [largest, minimum] = [numbers.get('largest'), numbers.get('minimum')];
  to.events.level({
    memory,
    freeBytes: free,
    ...(largest === undefined ? {} : { largestFreeBytes: largest }),
    ...(minimum === undefined ? {} : { minimumFreeBytes: minimum }),
    ...(total === undefined ? {} : { totalBytes: total }),
    ...time(values, to),
  });
}

function time(values: FieldValues, { atUs }: Target): { atUs?: number } {
  const told = values.numbers.get('time') ?? atUs;
  return told === undefined ? {} : { atUs: told };
}

function details(values: FieldValues, to: Target): EventDetails {
  const { numbers, texts } = values;
  const task = texts.get('task');
  return {
    stack: stackOf(values, to.events),
    atUs: numbers.get('time') ?? to.atUs,
    task: task !== undefined && /^\d{1,9}$/.test(task) ? Number(task) : task,
    requestedBytes: numbers.get('requested'),
  };
}

function stackOf({ numbers, texts, chain }: FieldValues, events: TextEvents): StackId {
  if (chain.length > 0) return events.stacks.chain(chain);
  const address = numbers.get('caller') ?? 0;
  const functionName = texts.get('function') ?? '';
  const file = texts.get('file') ?? '';
  if (functionName === '' && file === '') return events.stacks.get(address);
  return events.named({ address, functionName, file, line: numbers.get('line') ?? 0 });
}
