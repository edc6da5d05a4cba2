/** Stands for the package `string-width` in the bundled command line (cli/bundle.mjs): the columns of a text in ASCII. */
export default function asciiWidth(text: string): number {
  return text.length;
}
