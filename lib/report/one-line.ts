/** A line of a wide terminal: what is longer is read by nobody at the end of a capture. */
const MAX_CHARS = 160;
const MORE = ' ... (-v shows all)';
/** Where a sentence can end and still say something: behind a clause, in front of what explains it. */
const CLAUSE = /; |: (?=\S)|, | \(/g;

/** A note or a doubt as one line that fits a terminal: its first clauses. What is short enough stays as it is. */
export function oneLine(text: string, maxChars = MAX_CHARS): string {
  const line = text.replace(/\s*\n\s*/g, ' ').trim();
  if (line.length <= maxChars) return line;
  const room = maxChars - MORE.length;
  let end = 0;
  for (const { index } of line.matchAll(CLAUSE)) if (index <= room) end = index;
  if (end < room / 2) end = Math.max(end, line.lastIndexOf(' ', room));
  return `${line.slice(0, end > 0 ? end : room)}${MORE}`;
}
