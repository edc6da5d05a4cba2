import { run } from './arm-build.js';

/** One place that binutils' addr2line prints: `name`, without parameters, and `file:line` with `?` for what it does not know. */
export interface Addr2LinePlace {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** What `addr2line -f -i -C` of some binutils says of addresses, innermost first; paths are cut to their last part. */
export function addr2line(
  elf: string,
  addresses: readonly number[],
  program = 'arm-none-eabi-addr2line',
): ReadonlyMap<number, readonly Addr2LinePlace[]> {
  const input = addresses.map((address) => `0x${address.toString(16)}\n`).join('');
  const lines = run(program, ['-f', '-i', '-C', '-a', '-e', elf], input).split('\n');
  const answers = new Map<number, Addr2LinePlace[]>();
  let places: Addr2LinePlace[] = [];
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] ?? '';
    if (/^0x[0-9a-f]{8,}$/.test(text)) {
      places = [];
      answers.set(Number.parseInt(text, 16), places);
    } else if (text !== '') {
      const place = /^(.*):(\d+|\?)/.exec(lines[++index] ?? '');
      const file = place?.[1]?.split('/').at(-1) ?? '??';
      places.push({ name: withoutArguments(text), file, line: Number(place?.[2]) || 0 });
    }
  }
  return answers;
}

/** `int shapes::apply<int>(int)` as `shapes::apply<int>`. */
export function withoutArguments(name: string): string {
  const anonymous = '(anonymous namespace)';
  const text = name.replaceAll(anonymous, '{anonymous}');
  const start = text.endsWith(')') || text.endsWith(') const') ? argumentsStart(text) : text.length;
  const words = text.slice(0, start).split(/ (?![^<]*>)/);
  return (words.at(-1) ?? '').replaceAll('{anonymous}', anonymous);
}

/** Where the last top-level parenthesis opens. */
function argumentsStart(text: string): number {
  let depth = 0;
  for (let index = text.lastIndexOf(')'); index > 0; index--) {
    if (text[index] === ')') depth++;
    else if (text[index] === '(' && --depth === 0) return index;
  }
  return text.length;
}
