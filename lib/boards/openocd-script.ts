import type { ChipDescription } from './chip-description.js';

/** What an OpenOCD board script names; undefined when the text is none. Its memory is not known: it is taken from the ELF file. */
export function boardOfOpenocdScript(text: string, subject: string): ChipDescription | undefined {
  const code = text.replace(/^\s*#.*$/gm, '');
  const source = (folder: string) =>
    new RegExp(`source\\s+\\[find\\s+${folder}/([\\w./-]+?)\\.cfg\\s*\\]`).exec(code)?.[1];
  const target = source('target');
  if (target === undefined) return undefined;
  const interfaceName = source('interface');
  const transport = /transport\s+select\s+(\w+)/.exec(code)?.[1];
  const known = transport !== undefined && /^(swd|jtag|hla_swd|dapdirect_swd)$/.test(transport);
  const name =
    /set\s+CHIPNAME\s+(\w+)/.exec(code)?.[1] ??
    subject
      .split('/')
      .at(-1)
      ?.replace(/\.cfg$/, '') ??
    target;
  return {
    name,
    vendor: '',
    core: 'unknown',
    memory: [],
    source: 'OpenOCD script',
    openocd: {
      ...(interfaceName === undefined ? {} : { interface: interfaceName }),
      ...(known ? { transport } : {}),
      target,
    },
  };
}
