import type { Page } from 'playwright-core';

/*
 * Looks at everything that a page ever has in it, not only at what is there in the end: elements and attributes that the viewer
 * never makes itself, and all text. A list of the whole is kept in the page.
 */

/** What the viewer's page has no element of; all payloads are made of these. */
const NEVER = ['img', 'iframe', 'script', 'video', 'object', 'embed', 'link', 'meta', 'base', 'style', 'form[action]'];
const ALSO_NEVER = ['animate', 'a[href^="javascript:"]', '[srcdoc]', '[autofocus]', '[formaction]'];

const WATCH = `(() => {
  const never = ${JSON.stringify([...NEVER, ...ALSO_NEVER].join(','))};
  const watched = { made: [], texts: new Set() };
  const look = (node) => {
    if (node.nodeType === 3) { watched.texts.add(node.data); return; }
    if (node.nodeType !== 1) return;
    if (node.matches(never)) watched.made.push(node.outerHTML.slice(0, 200));
    for (const { name, value } of node.attributes) {
      if (name.startsWith('on')) watched.made.push(name + '=' + value.slice(0, 200));
      watched.texts.add(value);
    }
    if ('value' in node) watched.texts.add(String(node.value));
    for (const child of node.childNodes) look(child);
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (target.nodeType === 3) look(target);
      else if (target.nodeType === 1 && addedNodes.length === 0) {
        for (const { value } of target.attributes) watched.texts.add(value);
      }
      for (const node of addedNodes) look(node);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  look(document.getElementById('app'));
  window.watched = watched;
})()`;

export async function watchPage(page: Page): Promise<void> {
  await page.evaluate(WATCH);
}

/** What payloads have done; empty when they stayed text. */
export async function harmIn(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...watched.made, ...('pwned' in window ? ['a script ran'] : [])]`);
}

/** Which of some texts were nowhere shown as they are. */
export async function neverShown(page: Page, texts: readonly string[]): Promise<readonly string[]> {
  await page.evaluate((wanted) => Object.assign(window, { wanted }), texts);
  return page.evaluate<string[]>(`(() => {
    const all = [...watched.texts].join('\\n');
    return wanted.filter((text) => !all.includes(text));
  })()`);
}
