import { useEffect, useRef, useState } from 'preact/hooks';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { mapSvg } from '../model/map-svg.js';
import { fail } from '../state/actions.js';
import { app } from '../state/app-state.js';
import { copyText } from '../state/copy.js';
import { download } from '../state/download.js';
import { pictureOf } from './picture.js';

/** The picture as PNG or SVG, and a link to what is shown. */
export function ExportMenu({ loaded }: { readonly loaded: LoadedTrace }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: Event) => {
      if (event.target instanceof Node && box.current?.contains(event.target)) return;
      setOpen(false);
    };
    const closeOnEscape = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', closeOnEscape);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', closeOnEscape);
    };
  }, [open]);
  const run = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  return (
    <div class="menu" ref={box}>
      <button type="button" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        Export ▾
      </button>
      {open && (
        <div role="menu" class="menu-items">
          <button type="button" role="menuitem" onClick={run(() => savePng(loaded))}>
            Picture as PNG
          </button>
          {loaded.order && (
            <button type="button" role="menuitem" onClick={run(() => saveSvg(loaded))}>
              Heap map as SVG
            </button>
          )}
          <button
            type="button"
            role="menuitem"
            onClick={run(() => copyText(location.href, 'Copied a link to this view'))}
          >
            Copy a link to this view
          </button>
        </div>
      )}
    </div>
  );
}

function savePng(loaded: LoadedTrace): void {
  pictureOf(loaded).toBlob((blob) => {
    if (blob) download(blob, `${loaded.name}-event-${app.get().atSeq}.png`);
    else fail(new Error('the browser made no picture'));
  }, 'image/png');
}

function saveSvg(loaded: LoadedTrace): void {
  const svg = mapSvg(loaded, app.get().atSeq);
  download(new Blob([svg], { type: 'image/svg+xml' }), `${loaded.name}-event-${app.get().atSeq}.svg`);
}
