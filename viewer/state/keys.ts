import { clearRange, goTo, goToPeak, goToTightest, setEnd } from './actions.js';
import { app, TABS } from './app-state.js';

/** Keys that work wherever no field has the focus. */
export function listenToKeys(): void {
  window.addEventListener('keydown', (event) => {
    const { target } = event;
    const field =
      target instanceof HTMLElement &&
      target.matches('input:not([type=range]), textarea, select, [contenteditable]') &&
      target;
    if ((event.ctrlKey || event.metaKey) && event.key === 'z' && !field && app.get().loaded) {
      event.preventDefault();
      history.back();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || app.get().dialog !== 'none') return;
    if (field) {
      if (event.key === 'Escape') field.blur();
      return;
    }
    // A button does its own thing on space and Enter, and so does the slider on its keys.
    if (target instanceof HTMLButtonElement && event.key === ' ') return;
    if (press(event.key, event.shiftKey)) event.preventDefault();
  });
}

function press(key: string, shift: boolean): boolean {
  const { loaded, atSeq, playing } = app.get();
  const count = loaded?.trace.eventCount ?? 0;
  const step = shift ? Math.max(1, Math.round(count / 100)) : 1;
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => goTo(atSeq - step),
    ArrowRight: () => goTo(atSeq + step),
    Home: () => goTo(0),
    End: () => goTo(count - 1),
    ' ': () => app.set({ playing: !playing }),
    a: () => setEnd('A'),
    b: () => setEnd('B'),
    p: goToPeak,
    l: goToTightest,
    m: () => app.set({ view: 'map' }),
    t: () => app.set({ view: 'time' }),
    o: () => click('open'),
    e: () => click('elf'),
    c: () => app.set({ dialog: 'connect' }),
    '?': () => app.set({ dialog: 'help' }),
    '/': focusQuery,
    x: clearRange,
    k: () => click('mark'),
    Escape: () => app.set({ span: -1, gap: '', error: undefined }),
  };
  const act = keys[key];
  const tab = /^[1-8]$/.test(key) ? TABS[Number(key) - 1] : undefined;
  if (act) act();
  else if (tab) app.set({ tab });
  return act !== undefined || tab !== undefined;
}

function click(id: string): void {
  document.getElementById(id)?.click();
}

function focusQuery(): void {
  app.set({ tab: 'table' });
  // The field exists once the tab has been drawn.
  requestAnimationFrame(() => document.getElementById('query')?.focus());
}
