/*
 * What monitors, loggers and mail programs put before the text of a line. One piece each; a line may have several in a row:
 *
 *   12:34:56.789 > text            PlatformIO        2024-05-15 12:00:01 text        esp-idf-monitor --timestamps
 *   12:34:56.789 -> text           Arduino           [12:34:56][D][heap:093]: text   ESPHome
 *   [ 5286.767232] [ 9] [ap] text  NuttX syslog      [00:00:01.123,000] <inf> m: text   Zephyr
 *   I (5535) wifi: text            ESP-IDF log       <13>Nov 27 07:04:19 host app: text   syslog
 *   > text                         a quote           (gdb) text                      gdb's prompt
 */

const CLOCK = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,9}(?:,\d{1,3})?)?`;
const DATE = String.raw`(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?)`;
const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH_DAY = String.raw`(?:${WEEKDAY},? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}(?:,? \d{4})?`;
const ZONE = String.raw`(?: ?(?:[AP]M|Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`;
const STAMP = String.raw`(?:(?:${DATE}|${MONTH_DAY})(?:T|,? ))?${CLOCK}(?: \d{4}(?=\]))?${ZONE}`;
const UPTIME = String.raw`\d{1,12}(?:[.,]\d{1,9})?(?: +\d{1,9}\.\d{1,9})?(?: ?[mu]?s)?`;
const LEVEL =
  '(?:emerg|alert|crit|error|err|warning|warn|wrn|notice|info|inf|debug|dbg|verbose|vrb|trace|[EWIDVTCN])(?:/[\\w.-]{1,32})?';
// What another bracket may say: a task, a process, a file; not what the line is about.
const OTHER = String.raw`(?!\s*0x)(?![^\][]{0,40}(?:alloc\b|free\b|\bnew\b|delete\b))[^\][{}"'<>]{1,40}`;
const FIRST = String.raw`\s*(?:${STAMP}|${DATE}|${UPTIME}|${LEVEL}|CPU ?\d{1,2})\s*`;

// Mail quotes, prompts of the REPL.
const QUOTE = />+ ?/y;
// Of RTT Viewer, of gdb, the time of candump and strace; and what gdb asks in the middle of a line.
const TERMINAL = /\d{1,2}> /y;
const GDB = /\(gdb\)(?: |$)|\(\d{1,12}\.\d{1,9}\) /y;
const PAGINATION = /--Type <RET>[^-]{1,60}--|---Type <return>[^-]{1,60}---/y;
// A time stamp, and what parts it from the text.
const TIME = new RegExp(String.raw`${STAMP}(?:[ \t]*(?:->|>|\|)[ \t]?|:? |\t|$)`, 'y');
// Brackets: the first is of a kind that is known, others may follow.
const BRACKETS = new RegExp(String.raw`\[${FIRST}\](?:\s?\[${OTHER}\])*(?: ?(?:->|[:>|]))?(?:[ \t]|(?=\S)|$)`, 'iy');
// Levels with the name of a module.
const IDF = /[VDIWE] \([\d:.]{1,16}\) [^:\n]{1,40}: ?/y;
const ZEPHYR = /<(?:inf|wrn|err|dbg)> [\w./-]{1,40}: /y;
const LEVEL_AND_MODULE = /[VDIWEAF]\/[\w.-]{1,32}(?: [\w-]{1,32})?: /y;
const LOGCAT = / {0,6}\d{1,7} {1,6}\d{1,7} [VDIWEF] [\w.-]{1,40} ?: /y;
// The function that the Arduino core's log names after its brackets.
const FUNCTION = /[\w:~]{1,60}\(\): /y;

/** What a piece that begins with this character can be. */
function piecesFor(code: number): readonly RegExp[] {
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  if (code === 0x5b) return BRACKET;
  if (code === 0x3e) return ARROW;
  if (code === 0x20) return BLANK;
  return code >= 0x41 && code <= 0x7a ? LETTER : SIGN;
}
const DIGIT = [TERMINAL, TIME, LOGCAT, FUNCTION];
const BRACKET = [BRACKETS];
const ARROW = [QUOTE];
const BLANK = [LOGCAT];
const LETTER = [TIME, IDF, LEVEL_AND_MODULE, FUNCTION];
const SIGN = [GDB, PAGINATION, ZEPHYR, FUNCTION];
// Of syslog: the host and the program; only where a priority or a process id shows that it is one.
const PRIORITY = /<\d{1,3}>(?:1 )?/y;
const HOST_AND_PROGRAM = /(?:[\w.-]{1,64} )?[\w./-]{1,48}(?:\[\d{1,10}\])?: /y;
const HOST_AND_PROCESS = /(?:[\w.-]{1,64} )?(?:[\w./-]{1,48}\[\d{1,10}\]|kernel): /y;
/** RFC 5424: host, program, process, message id and structured data after the stamp. */
const STRUCTURED = /[\w.-]{1,64} [\w./-]{1,48} [\w.-]{1,32} [\w.-]{1,32} (?:-|\[[^\]]{0,200}\]) ?/y;
const MAX_PIECES = 8;
const FENCE = /^\s*(?:```|~~~)/;

/** How many characters at the start of a line are no part of its text; 0 for most lines. A Markdown fence is all prefix. */
export function logPrefixLength(line: string): number {
  let at = 0;
  while (at < line.length && (line.charCodeAt(at) === 0x20 || line.charCodeAt(at) === 0x09)) at++;
  if (!mayBeginPrefix(line.charCodeAt(at), line.charCodeAt(at + 1), line.charCodeAt(at + 2), line.charCodeAt(at + 4)))
    return 0;
  const first = line.charCodeAt(at);
  if ((first === 0x60 || first === 0x7e) && FENCE.test(line)) return line.length;
  // An address in brackets is no time.
  if (first === 0x5b && line.charCodeAt(at + 1) === 0x30 && (line.charCodeAt(at + 2) | 32) === 0x78) return 0;
  const start = at;
  for (let pieces = 0; pieces < MAX_PIECES; pieces++) {
    const before = at;
    if (line.charCodeAt(at) === 0x3c) at = pastOne(line, at, PRIORITY);
    // The kernel's own messages have a priority and no program.
    const isSyslog = at > before && line[at] !== '[';
    at = pastPiece(line, at);
    if (at === before) break;
    if (isSyslog) at = pastProgram(line, at);
    // Looked for only where it can be: the pattern tries every word.
    else if (line.includes(']: ', at) || line.includes('kernel: ', at)) at = pastOne(line, at, HOST_AND_PROCESS);
  }
  return at === start ? 0 : at;
}

/**
 * Whether a line that begins with these characters (the first three and the fifth) can have a prefix: decides for nearly all lines of a
 * clean log without looking further.
 */
export function mayBeginPrefix(first: number, second: number, third: number, fifth: number): boolean {
  if (first >= 0x30 && first <= 0x39) {
    // 12: 1: 12- 12/ 12. 12> 2024-
    return (
      second === 0x3a ||
      second === 0x3e ||
      isDateSign(third) ||
      third === 0x3a ||
      third === 0x3e ||
      isDateSign(fifth) ||
      second === 0x2f
    );
  }
  switch (first) {
    case 0x3e: // >
    case 0x5b: // [
      return true;
    case 0x28: // (gdb)
      // (gdb), (1715774401.123456)
      return second === 0x67 || (second >= 0x30 && second <= 0x39);
    case 0x3c: // <13> <inf>
      return (
        (second >= 0x30 && second <= 0x39) || second === 0x69 || second === 0x77 || second === 0x65 || second === 0x64
      );
    case 0x2d: // --Type, ---Type
      return second === 0x2d && (third === 0x54 || third === 0x2d);
    case 0x60: // ```
    case 0x7e: // ~~~
      return second === first;
    default:
  }
  if (first < 0x41 || first > 0x5a) return false;
  // I (123) tag:   I/tag:   Nov 27   Wed Nov 27
  return (second === 0x20 && third === 0x28) || second === 0x2f || isMonthOrDay(second, third);
}

function isDateSign(code: number): boolean {
  return code >= 0x2d && code <= 0x2f;
}

/** The second and third letters of the months and days that English has. */
const MONTH_TAILS = new Set(
  ['an', 'eb', 'ar', 'pr', 'ay', 'un', 'ul', 'ug', 'ep', 'ct', 'ov', 'ec', 'on', 'ue', 'ed', 'hu', 'ri', 'at'].map(
    (tail) => tail.charCodeAt(0) * 256 + tail.charCodeAt(1),
  ),
);

function isMonthOrDay(second: number, third: number): boolean {
  return MONTH_TAILS.has(second * 256 + third);
}

function pastPiece(line: string, at: number): number {
  const first = line.charCodeAt(at);
  // An address in brackets is no time.
  if (first === 0x5b && line.charCodeAt(at + 1) === 0x30 && (line.charCodeAt(at + 2) | 32) === 0x78) return at;
  for (const piece of piecesFor(first)) {
    const past = pastOne(line, at, piece);
    if (past > at) return past;
  }
  return at;
}

function pastProgram(line: string, at: number): number {
  const structured = pastOne(line, at, STRUCTURED);
  return structured > at ? structured : pastOne(line, at, HOST_AND_PROGRAM);
}

function pastOne(line: string, at: number, piece: RegExp): number {
  piece.lastIndex = at;
  return piece.test(line) ? piece.lastIndex : at;
}
