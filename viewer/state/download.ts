/** Hands data to the browser as a file to keep. */
export function download(data: Blob, name: string): void {
  const url = URL.createObjectURL(data);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName(name);
  link.click();
  // The download has begun by then; without this the data would stay in memory.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The names of traces come from outside: no folders, nothing hidden, no endless names. */
function fileName(name: string): string {
  return (
    name
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(-120) || 'heap-harvest'
  );
}
