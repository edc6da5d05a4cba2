import { type AppState, app } from '../state/app-state.js';
import { remember, remembered } from '../state/preferences.js';

type Theme = AppState['theme'];

export const THEME_TEXT: Readonly<Record<Theme, string>> = {
  auto: 'Theme: auto',
  light: 'Theme: light',
  dark: 'Theme: dark',
};
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

function setTheme(theme: Theme): void {
  // Before the state: what is drawn on canvases reads the colours when it renders.
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  app.set({ theme });
}

export function nextTheme(): void {
  const theme = NEXT[app.get().theme];
  remember('theme', theme);
  setTheme(theme);
}

/** The theme of the last visit; else that of the system, also when it changes. */
export function startTheme(): void {
  const kept = remembered('theme');
  setTheme(kept === 'light' || kept === 'dark' ? kept : 'auto');
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    const { loaded } = app.get();
    // A new identity makes the canvases draw again in the new colours.
    if (app.get().theme === 'auto' && loaded) app.set({ loaded: { ...loaded } });
  });
}
