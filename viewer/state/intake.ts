import { app } from './app-state.js';
import { openBytes, openElf, openFile, openOther } from './opening.js';

/** So many files of one drop are kept to choose from. */
const MAX_FILES = 200;

/**
 * Takes files as they come, in any number: an ELF file names the addresses of a trace that comes with it; of two traces the second is compared with
 * the first; of more, all can be chosen from. An ELF file alone is asked about: it is no trace.
 */
export async function takeFiles(files: readonly File[]): Promise<void> {
  const kinds = await Promise.all(files.slice(0, MAX_FILES).map(async (file) => ({ file, isElf: await isElf(file) })));
  const traces = kinds.filter(({ isElf: elf }) => !elf).map(({ file }) => file);
  const [elf] = kinds.filter(({ isElf: it }) => it);
  const [first, second] = traces;
  if (!first) {
    if (elf) app.set({ offer: elf.file, error: undefined });
    return;
  }
  // Names first: the trace is then drawn with them at once.
  if (elf) await openElf(elf.file);
  await openFile(first);
  app.set({ files: traces.length > 1 ? traces : [] });
  if (second && traces.length === 2 && app.get().error === undefined) await openOther(second);
}

/** A text that was pasted: a log, a ring's JSON. */
export async function takeText(text: string): Promise<void> {
  if (text.trim() !== '') await openBytes(new TextEncoder().encode(text), 'pasted text');
}

async function isElf(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/** Files that are dropped and text that is pasted anywhere but into a field. */
export function listenToPaste(): void {
  window.addEventListener('paste', (event) => {
    const { target, clipboardData } = event;
    if (target instanceof HTMLElement && target.matches('input, textarea, [contenteditable]')) return;
    if (!clipboardData) return;
    const files = [...clipboardData.files];
    event.preventDefault();
    void (files.length > 0 ? takeFiles(files) : takeText(clipboardData.getData('text/plain')));
  });
}
