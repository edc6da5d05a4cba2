import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes the licences of the packages that a bundle contains, beside it. `modules`: the paths of its modules. */
export async function writeLicences(modules, file) {
  const folders = new Set();
  for (const path of modules) {
    const found = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path);
    if (found) folders.add(found[1]);
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const licence = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = licence ? readFileSync(join(folder, licence), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  await writeFile(file, texts.join(`\n${'-'.repeat(80)}\n\n`));
}
