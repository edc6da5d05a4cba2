import type { LoadedTrace } from '../model/loaded-trace.js';
import type { AppState } from './app-state.js';

/** What a link asks for, as far as the trace has it: the link may be one of another trace. */
export function asFits({ trace, spans, order, regions }: LoadedTrace, asked: Partial<AppState>): Partial<AppState> {
  const { range, atSeq, span, picked, area, gap } = asked;
  const last = Math.max(0, trace.eventCount - 1);
  return {
    ...asked,
    ...(order ? {} : { view: 'time' }),
    ...(atSeq === undefined ? {} : { atSeq: Math.min(last, atSeq) }),
    ...(span === undefined || span < spans.count ? {} : { span: -1 }),
    ...(picked === undefined || picked <= last ? {} : { picked: -1 }),
    range: range && range.throughSeq <= last ? range : undefined,
    gap: regions.some(({ name }) => name === gap) ? (gap ?? '') : '',
    area: regions.some(({ name }) => name === area) ? (area ?? '') : '',
  };
}
