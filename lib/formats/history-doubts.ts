import { TRACE_CONTENTS, type TraceInfo } from '../trace/heap-event.js';
import { stackDoubts, stackDoubtTexts } from '../trace/stack-doubts.js';
import type { Trace } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';

/**
 * What is doubtful about a whole allocation_history.json. The file is a list of records: the first of them carries it, as a member that
 * CircuitPython's programs pass over. (Cut backtraces are marked in the records themselves.)
 */
export interface HistoryDoubts {
  readonly complete?: false;
  readonly doubtful?: string;
  readonly contents?: TraceInfo['contents'];
  readonly clock?: TraceInfo['clock'];
  readonly gaps?: readonly { readonly reason: string; readonly lostEvents?: number }[];
  readonly notes?: readonly { readonly code: string; readonly text: string }[];
}

const MAX_LISTED = 100;
const MAX_TEXT = 2000;

/** Undefined for a whole, exact history. */
export function historyDoubts(trace: Trace): HistoryDoubts | undefined {
  const { info } = trace;
  const guessed = stackDoubtTexts(stackDoubts(trace)).filter((text) => text.includes('guessed'));
  const notes = [...trace.notes, ...guessed.map((text) => ({ code: 'guessed-backtraces', text }))];
  const doubts: HistoryDoubts = {
    ...(info.complete ? {} : { complete: false }),
    ...(info.doubtful === undefined ? {} : { doubtful: info.doubtful }),
    ...(info.contents === undefined || info.contents === 'history' ? {} : { contents: info.contents }),
    ...(info.clock === undefined ? {} : { clock: info.clock }),
    ...(trace.gaps.length === 0
      ? {}
      : {
          gaps: trace.gaps
            .slice(0, MAX_LISTED)
            .map(({ reason, lostEvents }) => ({ reason, ...(lostEvents === undefined ? {} : { lostEvents }) })),
        }),
    ...(notes.length === 0 ? {} : { notes: notes.slice(0, MAX_LISTED).map(({ code, text }) => ({ code, text })) }),
  };
  return Object.keys(doubts).length === 0 ? undefined : doubts;
}

/** Puts what `historyDoubts` wrote into a trace again; parts of another shape are passed over. */
export function restoreDoubts(value: unknown, builder: TraceBuilder): void {
  if (!isObject(value)) return;
  const contents = TRACE_CONTENTS.find((name) => name === value.contents);
  const doubtful = textOf(value.doubtful);
  const clock = isObject(value.clock) ? value.clock : {};
  const kind = clock.kind === 'host' || clock.kind === 'target' ? clock.kind : undefined;
  for (const gap of listOf(value.gaps)) {
    const reason = textOf(gap.reason);
    const { lostEvents } = gap;
    const isCount = typeof lostEvents === 'number' && Number.isSafeInteger(lostEvents) && lostEvents >= 0;
    if (reason !== undefined) builder.add({ kind: 'gap', reason, ...(isCount ? { lostEvents } : {}) });
  }
  for (const note of listOf(value.notes)) {
    const [code, text] = [textOf(note.code), textOf(note.text)];
    if (code !== undefined && text !== undefined) builder.add({ kind: 'note', code, text });
  }
  builder.add({
    kind: 'info',
    info: {
      ...(value.complete === false ? { complete: false } : {}),
      ...(doubtful === undefined ? {} : { doubtful }),
      ...(contents === undefined ? {} : { contents }),
      ...(kind === undefined ? {} : { clock: { kind, name: textOf(clock.name) ?? '' } }),
    },
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : undefined;
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.slice(0, MAX_LISTED).filter(isObject) : [];
}
