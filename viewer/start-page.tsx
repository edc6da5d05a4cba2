import { render } from 'preact';
import { goTo, returnTo } from './state/actions.js';
import { app } from './state/app-state.js';
import { fail } from './state/busy.js';
import { openEmbedded } from './state/embedded.js';
import { listenToPaste } from './state/intake.js';
import { listenToKeys } from './state/keys.js';
import { openBytes } from './state/opening.js';
import { panelShare } from './state/panel-share.js';
import { keepHash } from './state/permalink.js';
import { remembered, rememberedHide } from './state/preferences.js';
import { App } from './views/app.js';
import { probeMap } from './views/map-probe.js';
import { startTheme } from './views/theme.js';

/** Draws the page and opens what it carries. */
export function startPage(): void {
  const panel = Number(remembered('panel') ?? Number.NaN);
  const hiddenColumns =
    remembered('columns')
      ?.split(' ')
      .filter((id) => id !== '') ?? [];
  app.set({ hide: rememberedHide(), hiddenColumns, ...(Number.isFinite(panel) ? { panel: panelShare(panel) } : {}) });
  startTheme();
  const root = document.getElementById('app');
  if (root) {
    root.textContent = '';
    render(<App />, root);
  }
  listenToKeys();
  listenToPaste();
  keepHash();
  window.addEventListener('popstate', () => returnTo(location.hash));
  window.addEventListener('unhandledrejection', (event) => fail(event.reason));
  const served = location.protocol.startsWith('http');
  openEmbedded()
    .then((found) => !found && served && app.set({ dialog: 'connect' }))
    .catch(fail);

  /** For scripts and tests (docs/viewer.md): what is shown, without a look at pixels. */
  Object.assign(window, { heapHarvest: { state: app.get, goTo, open: openBytes, probeMap } });
}
