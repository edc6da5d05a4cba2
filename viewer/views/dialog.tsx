import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { app } from '../state/app-state.js';

/** A window in front of the page: Escape and a click beside it close it; the browser keeps the focus inside. */
export function Dialog({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const close = () => app.set({ dialog: 'none' });
  useEffect(() => {
    if (!box.current?.open) box.current?.showModal();
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onClose={close}
      onClick={(event) => event.target === box.current && close()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <header>
        <h2>{title}</h2>
        <span class="spring" />
        <button type="button" onClick={close} aria-label="Close">
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}
