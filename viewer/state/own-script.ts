/** The text of this page's script: the page is one file, so that a worker and a report are made of it. Empty in a worker. */
export const ownScript = typeof document === 'undefined' ? '' : (document.currentScript?.textContent ?? '');
