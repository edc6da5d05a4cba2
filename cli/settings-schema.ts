import { COMMON_OPTIONS } from './command-line.js';
import { COMMANDS } from './commands/index.js';
import type { NamedOption } from './options/option-set.js';
import { isSetting } from './settings.js';

type Schema = Readonly<Record<string, unknown>>;

/** The JSON Schema of harvest.config.json (dist/bin/harvest.config.schema.json), from the options of all commands. */
export async function settingsSchema(): Promise<Schema> {
  const shared: Record<string, Schema> = {};
  const own: Record<string, Schema> = {};
  for (const { word, load } of COMMANDS) {
    const options = [...(await load()).options, ...COMMON_OPTIONS].filter(isSetting);
    const properties: Record<string, Schema> = {};
    for (const option of options) {
      properties[option.name] = schemaOf(option);
      // Choices and meanings differ from command to command: for all of them only the type is said.
      shared[option.name] ??= { ...schemaOf({ ...option, choices: undefined }) };
    }
    own[word] = { type: 'object', description: `Only for harvest ${word}.`, properties, additionalProperties: false };
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title:
      'Settings of heap-harvest: options by their names, for every command that has them, or under the name of one command',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...shared, ...own },
    additionalProperties: false,
  };
}

function schemaOf({
  type,
  array,
  choices,
  describe,
}: Omit<NamedOption, 'choices'> & { readonly choices?: NamedOption['choices'] | undefined }): Schema {
  const single =
    type === 'number'
      ? { type: 'number' }
      : type === 'boolean'
        ? { type: 'boolean' }
        : choices
          ? { enum: choices }
          : { type: 'string' };
  return { description: describe, ...(array ? { oneOf: [single, { type: 'array', items: single }] } : single) };
}
