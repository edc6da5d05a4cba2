/** What this page was before it ran: the file itself, to put another trace in. `script` is the text of its script. */
export async function ownHtml(script: string): Promise<string> {
  const policy = document.querySelector<HTMLMetaElement>('meta[http-equiv]')?.content ?? '';
  const icon = document.querySelector('link[rel=icon]')?.getAttribute('href') ?? '';
  const style = document.querySelector('head style')?.textContent ?? '';
  const unpack = document.querySelector('body > script:not([type])')?.textContent ?? '';
  const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  // Script and style as they were, to the byte: the page's policy allows only these, by their hashes.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="dark light">
<title>heap-harvest</title>
<link rel="icon" href="${attribute(icon)}">
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This page needs JavaScript: it draws the heap itself and sends nothing anywhere.</noscript></div>
<!--embedded-trace-->
<script type="application/gzip" id="page-script">${await packedBase64([new TextEncoder().encode(script)])}</script>
<script>${unpack}</script>
</body>
</html>
`;
}

/** Packed with gzip, as base64. */
export async function packedBase64(pieces: readonly Uint8Array[]): Promise<string> {
  const parts = pieces.map((piece) => piece.slice());
  const packed = new Blob(parts).stream().pipeThrough(new CompressionStream('gzip'));
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    new Response(packed).blob().then((blob) => reader.readAsDataURL(blob), reject);
  });
  return url.slice(url.indexOf(',') + 1);
}
