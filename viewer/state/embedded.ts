import { sanitize } from '../../lib/public/browser.js';
import { openBytes } from './opening.js';

/** Opens the trace that an HTML report carries: a journal, gzip, base64, in an element that no browser runs. False without one. */
export async function openEmbedded(): Promise<boolean> {
  const element = document.querySelector('script[type="application/x-heap-harvest"]');
  if (!(element instanceof HTMLScriptElement)) return false;
  const { name = 'report', view } = element.dataset;
  // A report opens at what was shown when it was saved, unless its address says more.
  if (view?.startsWith('#') && location.hash === '') history.replaceState(null, '', view);
  document.title = `${sanitize(name)} - heap-harvest`;
  const text = atob((element.textContent ?? '').trim());
  // The text would stay in memory beside the bytes.
  element.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  await openBytes(bytes, name);
  return true;
}
