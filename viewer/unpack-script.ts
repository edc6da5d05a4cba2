/*
 * The only script of the file that is not packed: it unpacks the page's own and runs it. The page travels in every report, and
 * two thirds of it would be script.
 */

async function runPacked(): Promise<void> {
  const element = document.getElementById('page-script');
  const text = atob(element?.textContent ?? '');
  element?.remove();
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const script = document.createElement('script');
  script.textContent = await new Response(unpacked).text();
  document.head.append(script);
}

runPacked().catch((error: unknown) => {
  const root = document.getElementById('app');
  if (root)
    root.textContent = `This browser cannot run the page (it takes one of the last three years): ${String(error)}`;
});
