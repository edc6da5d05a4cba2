/**
 * Makes schemas/*.json of the types in cli/json-output.ts: what `--json` prints. `--check` writes nothing and fails when a file is not what the types
 * say. Runs by `npm run schemas`, after `npm install`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'schemas');
const source = join(root, 'cli', 'json-output.ts');
const generator = createGenerator({
  path: source,
  tsconfig: join(root, 'tsconfig.json'),
  skipTypeCheck: true,
  topRef: false,
  // The fields of a document are all that it has: one that is not in the types fails the test.
  additionalProperties: false,
});

const text = readFileSync(source, 'utf8');
const names = [...text.matchAll(/^export (?:interface|type) (\w+Json)\b/gm)].map(([, name]) => name);
const files = new Map();
for (const name of names) {
  const schema = generator.createSchema(name);
  for (const id of idsOf(schema))
    files.set(`${id.replace('heap-harvest/', '').replace('@', '-')}.json`, written(id, schema));
}
if (process.argv.includes('--check')) check();
else await write();

/** The values of a document's `schema`: a type may stand for several. */
function idsOf(schema) {
  // What is another name of a type is a reference to it.
  const name = decodeURIComponent(schema.$ref?.replace('#/definitions/', '') ?? '');
  const { const: one, enum: several } = (schema.properties ?? schema.definitions[name].properties).schema;
  return several ?? [one];
}

function written(id, schema) {
  const { $schema, ...rest } = schema;
  return `${JSON.stringify({ $schema, $id: id, ...rest }, undefined, 1)}\n`;
}

async function write() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  process.stdout.write(`schemas: ${files.size} files\n`);
}

function check() {
  const there = readdirSync(folder);
  const wrong = [...new Set([...there, ...files.keys()])].filter(
    (name) => !there.includes(name) || readFileSync(join(folder, name), 'utf8') !== files.get(name),
  );
  if (wrong.length > 0) {
    process.stderr.write(`schemas: not what cli/json-output.ts says: ${wrong.join(', ')}; npm run schemas\n`);
    process.exitCode = 1;
  }
}
