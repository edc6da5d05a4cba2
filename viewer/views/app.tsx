import { useEffect, useState } from 'preact/hooks';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { app, TABS, type Tab, useApp } from '../state/app-state.js';
import { takeFiles } from '../state/intake.js';
import { PANEL_SHARE, panelShare } from '../state/panel-share.js';
import { remember } from '../state/preferences.js';
import { CallTreePanel } from './call-tree.js';
import { ConnectDialog } from './connect.js';
import { DiffPanel } from './diff.js';
import { FlamePanel } from './flame.js';
import { FragmentationPanel } from './fragmentation.js';
import { Header } from './header.js';
import { HeapMapView } from './heap-map.js';
import { HelpDialog } from './help.js';
import { LeaksPanel } from './leaks.js';
import { LevelsNote } from './levels-note.js';
import { capture } from './map-pointer.js';
import { NamesDialog } from './names-dialog.js';
import { RetainersPanel } from './retainers.js';
import { STATUS, splitterProps, tabProps } from './roles.js';
import { Scrubber } from './scrubber.js';
import { Segments } from './segments.js';
import { SidePanel } from './side-panel.js';
import { StatisticsPanel } from './statistics.js';
import { Table } from './table.js';
import { shown } from './text.js';
import { TimeView } from './time-view.js';
import { useArea } from './use-area.js';
import { useAxis } from './use-axis.js';
import { Verdicts } from './verdict.js';
import { ErrorBar, OfferBar, TrustBar } from './warnings.js';
import { Welcome } from './welcome.js';

const TAB_TEXT: Readonly<Record<Tab, string>> = {
  table: 'Table',
  fragmentation: 'Fragmentation',
  leaks: 'Leaks',
  statistics: 'Statistics',
  tree: 'Call tree',
  flame: 'Flame graph',
  diff: 'Diff',
  why: 'Why alive',
};

/** The whole page. */
export function App() {
  const loaded = useApp((state) => state.loaded);
  const dialog = useApp((state) => state.dialog);
  const drop = useDrop();
  return (
    <div class={`page${drop ? ' dropping' : ''}`}>
      <Header />
      <ErrorBar />
      <OfferBar />
      {loaded ? <Workspace loaded={loaded} /> : <Welcome />}
      {dialog === 'connect' && <ConnectDialog />}
      {dialog === 'help' && <HelpDialog />}
      {dialog === 'names' && <NamesDialog />}
      <Toast />
    </div>
  );
}

function Workspace({ loaded }: { readonly loaded: LoadedTrace }) {
  const panel = useApp((state) => state.panel);
  return (
    <>
      <Verdicts loaded={loaded} />
      <TrustBar loaded={loaded} />
      <main
        class="workspace"
        style={{ gridTemplateRows: `minmax(120px, ${1 - panel}fr) 7px minmax(90px, ${panel}fr)` }}
      >
        <Stage loaded={loaded} />
        <Splitter />
        <Panels loaded={loaded} />
        <SidePanel loaded={loaded} />
      </main>
    </>
  );
}

function Stage({ loaded }: { readonly loaded: LoadedTrace }) {
  const view = useApp((state) => state.view);
  const axis = useAxis(loaded);
  const shared = { loaded, ...axis };
  const scoped = useArea(loaded);
  if (loaded.trace.eventCount === 0) return <LevelsNote trace={loaded.trace} />;
  return (
    <section class="stage" aria-label="Heap">
      <div class="view-tabs">
        <Segments
          label="View"
          value={view}
          options={[
            { id: 'map', text: 'Heap map', hint: 'Live blocks by address (m)' },
            { id: 'time', text: 'Time', hint: 'Every lifespan over time (t)' },
          ]}
          onChange={(id) => app.set({ view: id })}
        />
      </div>
      {view === 'map' ? <HeapMapView loaded={loaded} /> : <TimeView {...shared} />}
      <Scrubber {...axis} loaded={scoped} />
    </section>
  );
}

/** The edge between the upper part and the panel: dragged, or moved by the arrow keys. */
function Splitter() {
  const panel = useApp((state) => state.panel);
  const set = (share: number) => {
    const next = panelShare(share);
    app.set({ panel: next });
    remember('panel', next.toFixed(3));
  };
  return (
    <div
      class="splitter"
      {...splitterProps(panel)}
      {...{
        onPointerDown: capture,
        onPointerMove: (event: PointerEvent) => {
          const box = document.querySelector('.workspace')?.getBoundingClientRect();
          if (event.buttons === 1 && box) set((box.bottom - event.clientY) / box.height);
        },
        onKeyDown: (event: KeyboardEvent) => {
          const next = {
            ArrowUp: panel + 0.03,
            ArrowDown: panel - 0.03,
            Home: PANEL_SHARE.least,
            End: PANEL_SHARE.most,
          }[event.key];
          if (next === undefined) return;
          event.stopPropagation();
          event.preventDefault();
          set(next);
        },
      }}
    />
  );
}

function Panels({ loaded }: { readonly loaded: LoadedTrace }) {
  const tab = useApp((state) => state.tab);
  const scoped = useArea(loaded);
  return (
    <section class="panels" aria-label="Analyses">
      <div class="tabs-row">
        <div class="tabs" role="tablist" aria-label="Panels">
          {TABS.map((it, i) => (
            <button
              key={it}
              id={`tab-${it}`}
              type="button"
              {...tabProps(tab === it)}
              title={`${TAB_TEXT[it]} (${i + 1})`}
              onClick={() => app.set({ tab: it })}
            >
              {TAB_TEXT[it]}
            </button>
          ))}
        </div>
        <QueryChip />
      </div>
      <div id="panel" class="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Panel tab={tab} loaded={loaded} scoped={scoped} />
      </div>
    </section>
  );
}

/** What is lit, in every panel: the table may not be the one that is open. */
function QueryChip() {
  const query = useApp((state) => state.query);
  if (query === '') return null;
  return (
    <button type="button" class="chip" onClick={() => app.set({ query: '' })} title={`Show all again: ${shown(query)}`}>
      only {shown(query.length > 60 ? `${query.slice(0, 59)}…` : query)} ✕
    </button>
  );
}

interface PanelProps {
  readonly tab: Tab;
  readonly loaded: LoadedTrace;
  /** With the curves of the region that was chosen. */
  readonly scoped: LoadedTrace;
}

function Panel({ tab, loaded, scoped }: PanelProps) {
  switch (tab) {
    case 'table':
      return <Table loaded={scoped} />;
    case 'fragmentation':
      return <FragmentationPanel loaded={scoped} />;
    case 'leaks':
      return <LeaksPanel loaded={loaded} />;
    case 'statistics':
      return <StatisticsPanel loaded={loaded} />;
    case 'tree':
      return <CallTreePanel loaded={loaded} />;
    case 'flame':
      return <FlamePanel loaded={loaded} />;
    case 'diff':
      return <DiffPanel loaded={loaded} />;
    case 'why':
      return <RetainersPanel loaded={loaded} />;
  }
}

/** A file dropped anywhere opens. True while one is held over the page. */
function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) void takeFiles(files);
    };
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return over;
}

function Toast() {
  const toast = useApp((state) => state.toast);
  useEffect(() => {
    if (toast === '') return undefined;
    const timer = window.setTimeout(() => app.set({ toast: '' }), 4000);
    return () => window.clearTimeout(timer);
  }, [toast]);
  return (
    <div class={`toast${toast === '' ? '' : ' on'}`} {...STATUS}>
      {toast}
    </div>
  );
}
