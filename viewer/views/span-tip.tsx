import { formatAddress, formatBytes, formatCount } from '../../lib/public/browser.js';
import { blockOf } from '../model/block.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { sourceAt, sourceLabel } from '../model/sources.js';
import { STATUS } from './roles.js';
import { Swatch } from './swatch.js';
import { shown } from './text.js';
import { useColoring } from './use-painting.js';

interface SpanTipProps {
  readonly loaded: LoadedTrace;
  readonly span: number;
  /** Of the pointer, in the canvas. */
  readonly x: number;
  readonly y: number;
  /** What lies left of the canvas. */
  readonly offset: number;
  readonly width: number;
}

/** What the block under the pointer is. */
export function SpanTip({ loaded, span, x, y, offset, width }: SpanTipProps) {
  const { spans } = loaded;
  const { mode, classes, ofSpan } = useColoring(loaded);
  const look = classes[ofSpan[span] ?? 0];
  const source = sourceAt(loaded, span);
  const right = x + offset > width / 2;
  const side = right ? { right: `${width - x - offset + 14}px` } : { left: `${x + offset + 14}px` };
  const alive = (spans.endSeq[span] ?? 0) >= loaded.trace.eventCount;
  const { address, sizeBytes } = blockOf(loaded, span);
  return (
    <div class="tip" {...STATUS} style={{ ...side, top: `${y + 12}px` }}>
      <b>
        <Swatch look={look} />
        {source ? shown(sourceLabel(source)) : '(no backtrace)'}
      </b>
      <span class="mono">
        {formatAddress(address)} · {formatBytes(sizeBytes)}
        {mode !== 'source' && look && ` · ${mode}: ${shown(look.name)}`}
      </span>
      <span>
        event {formatCount(spans.startSeq[span] ?? 0)}
        {alive ? ', alive at the end' : ` to ${formatCount(spans.endSeq[span] ?? 0)}`}
      </span>
    </div>
  );
}
