import type { ComponentChildren, ComponentType } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatCount, type VerdictPart } from '../../lib/public/browser.js';
import { certaintyAt, type Sign } from '../model/certainty.js';
import type { VerdictLine } from '../model/jobs.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { pathQuery } from '../model/stack-match.js';
import { toggleGap, toggleQuery } from '../state/actions.js';
import { app, useApp } from '../state/app-state.js';
import { goToTable } from './row-acts.js';
import { shown } from './text.js';
import { useRested } from './use-rested.js';
import { useWork } from './use-work.js';

/** So many memories have their line on top; the panels have all. */
const MOST = 4;

/** How broken up the heap is at the selected event, on top of the page: a sentence a memory, and below it that of the trace that is compared. */
export function Verdicts({ loaded }: { readonly loaded: LoadedTrace }) {
  const other = useApp((state) => state.other);
  return (
    <section class="verdicts" aria-label="Verdict">
      <Verdict of={loaded} name={other && `${shown(loaded.name)}: `} Lines={Lines} />
      {other && <Verdict of={other} name={`${shown(other.name)}, at its end: `} Lines={OtherLines} />}
    </section>
  );
}

/** Why a trace cannot say it; empty when it can. */
function silence({ trace, order, regions }: LoadedTrace): string {
  if (trace.eventCount === 0) return 'Fragmentation is not known: the trace has no events.';
  if (!order) return 'Fragmentation is not known: the trace has no addresses.';
  return regions.some(({ sizeBytes }) => sizeBytes > 0) ? '' : 'Fragmentation is not known: no block was allocated.';
}

interface LineProps {
  readonly of: LoadedTrace;
  /** What stands before each sentence. */
  readonly name: ComponentChildren;
}

interface VerdictProps {
  readonly of: LoadedTrace;
  readonly name: string | undefined;
  readonly Lines: ComponentType<LineProps>;
}

function Verdict({ of, name: text, Lines }: VerdictProps) {
  const silent = silence(of);
  const name = text && <span class="quiet">{text}</span>;
  if (silent === '') return <Lines of={of} name={name} />;
  return (
    <p class="verdict-line quiet">
      {name}
      {silent}
    </p>
  );
}

function Lines({ of: loaded, name }: LineProps) {
  const atSeq = useRested(loaded, (state) => state.atSeq);
  const { result = [] } = useWork(loaded, 'verdicts', { atSeq });
  const sure = useMemo(() => certaintyAt(loaded, atSeq), [loaded, atSeq]);
  // Room for it from the begin: nothing below moves when it comes.
  if (result.length === 0) return <p class="verdict-line">&nbsp;</p>;
  return (
    <>
      {result.slice(0, MOST).map((line) => (
        <p key={line.regionName} class="verdict-line" title={`Right after event ${formatCount(atSeq)}`}>
          {name}
          {line.parts.map((part, i) => (
            <Part key={i} part={part} line={line} sign={sure.free} />
          ))}
          {sure.free !== '' && <Unsure reasons={sure.reasons} />}
        </p>
      ))}
      {result.length > MOST && (
        <p class="verdict-line">
          <button type="button" class="link" onClick={openPanel}>
            and {formatCount(result.length - MOST)} more memories
          </button>
        </p>
      )}
    </>
  );
}

/** The trace that is compared, at its end: nothing in the page is about another of its events, so nothing is a link. */
function OtherLines({ of: other, name }: LineProps) {
  const atSeq = other.trace.eventCount - 1;
  const { result = [] } = useWork(other, 'verdicts', { atSeq });
  const sign = useMemo(() => certaintyAt(other, atSeq).free, [other, atSeq]);
  return (
    <>
      {result.slice(0, MOST).map((line) => (
        <p key={line.regionName} class="verdict-line">
          {name}
          {line.parts.map((part) => signed(part, sign)).join('')}
        </p>
      ))}
    </>
  );
}

/** On a phone the panel is far below. */
function openPanel(): void {
  app.set({ tab: 'fragmentation' });
  document.getElementById('panel')?.scrollIntoView({ block: 'nearest' });
}

function Unsure({ reasons }: { readonly reasons: readonly string[] }) {
  return (
    <>
      {' '}
      <button type="button" class="link unsure-link" title={reasons.join('\n')} onClick={openPanel}>
        (not exact)
      </button>
    </>
  );
}

/** A figure that is a bound looks like one: `largest ≥ 3.0 KiB`. */
function signed({ about, text }: VerdictPart, sign: Sign): string {
  // As the map has it; a whole clause for every memory would be most of the line.
  if (about === 'bounds') return ', as traced';
  if (sign === '') return shown(text);
  if (about === 'share') return `≈ ${text}`;
  if (about === 'free') return `${sign}${text}`;
  return about === 'largest' ? text.replace(/^largest /, `largest ${sign}`) : shown(text);
}

interface PartProps {
  readonly part: VerdictPart;
  readonly line: VerdictLine;
  readonly sign: Sign;
}

function Part({ part, line, sign }: PartProps) {
  const text = signed(part, sign);
  switch (part.about) {
    case 'text':
      return <>{text}</>;
    case 'bounds':
      return (
        <span class="quiet" title={part.text.replace(/^, /, '')}>
          {text}
        </span>
      );
    case 'share':
      return (
        <button type="button" class="link" title="What keeps the free memory in pieces" onClick={openPanel}>
          {text}
        </button>
      );
    case 'free':
    case 'largest':
      return <GapLink text={text} regionName={line.regionName} />;
    case 'source':
    case 'blocks':
      return <SourceLink text={text} line={line} />;
  }
}

function GapLink({ text, regionName }: { readonly text: string; readonly regionName: string }) {
  const on = useApp((state) => state.gap === regionName);
  return (
    <button
      type="button"
      class="link"
      aria-pressed={on}
      title="Show the largest free block in the map"
      onClick={() => toggleGap(regionName)}
    >
      {text}
    </button>
  );
}

/** As a row of a panel: a click lights the blocks of the source, a double click goes to the table. */
function SourceLink({ text, line }: { readonly text: string; readonly line: VerdictLine }) {
  const query = line.inTheWay ? pathQuery([line.inTheWay], 'innermost') : '';
  const on = useApp((state) => query !== '' && state.query === query);
  return (
    <button
      type="button"
      class="link"
      aria-pressed={on}
      title="Show the blocks of this source in the table and light them in the map; a double click goes to the table"
      onClick={(event) => event.detail < 2 && toggleQuery(query)}
      onDblClick={goToTable}
    >
      {text}
    </button>
  );
}
