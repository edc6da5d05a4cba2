import { COMMAND_LINE_ERRORS } from './catalogue-command-line.js';
import { EXPORT_ERRORS } from './catalogue-exports.js';
import { FLEET_ERRORS } from './catalogue-fleet.js';
import { FORMAT_ERRORS } from './catalogue-formats.js';
import { LINK_ERRORS } from './catalogue-link.js';
import { OBJECT_ERRORS } from './catalogue-objects.js';
import { OUTPUT_ERRORS } from './catalogue-output.js';
import { SERVER_ERRORS } from './catalogue-servers.js';
import { SESSION_ERRORS } from './catalogue-session.js';
import { SOURCE_ERRORS } from './catalogue-sources.js';
import { SYMBOL_ERRORS } from './catalogue-symbols.js';
import { TARGET_ERRORS } from './catalogue-targets.js';
import { type ErrorExplanation, entry } from './error-explanation.js';

export type { ErrorExplanation } from './error-explanation.js';

/** Every code that the library can throw. Codes are stable: a code is never given another meaning. */
export const ERROR_CATALOGUE: Readonly<Record<string, ErrorExplanation>> = {
  ...COMMAND_LINE_ERRORS,
  ...SOURCE_ERRORS,
  ...SYMBOL_ERRORS,
  ...OUTPUT_ERRORS,
  ...EXPORT_ERRORS,
  ...FLEET_ERRORS,
  ...OBJECT_ERRORS,
  ...SERVER_ERRORS,
  ...SESSION_ERRORS,
  ...FORMAT_ERRORS,
  ...LINK_ERRORS,
  ...TARGET_ERRORS,
  HH1101: entry(
    'The ELF file cannot be read',
    'The path is wrong, or the build put the file elsewhere.',
    'Give the .elf file, not .bin, .hex or .uf2: CircuitPython puts it in build-BOARD/firmware.elf.',
  ),
  HH1102: entry(
    'Not a server address',
    '--gdb-server takes HOST:PORT, :PORT or PORT.',
    'OpenOCD listens on :3333, J-Link on :2331.',
  ),
  HH1103: entry(
    'The board has no such debug server',
    'Its board file describes other servers.',
    '`harvest boards NAME` shows them; --gdb-server HOST:PORT attaches to any.',
  ),
  HH1104: entry(
    'The end condition is not in the firmware',
    'A function may be inlined, renamed by LTO, or left out by the linker.',
    'Name another function with --until, or FILE:LINE.',
    'Watch the console instead: --until-prompt ">>> ".',
  ),
  HH1105: entry('The trace cannot be read', 'The file is not there or not readable.', 'Check the path; - reads stdin.'),
  HH1106: entry('A file name is missing', 'The command needs one.', 'See `harvest COMMAND --help`.'),
  HH1107: entry(
    'Not a number above 0',
    'The option takes a positive number; a time, one of at most 24 days.',
    'See `harvest --help`.',
  ),
  HH1108: entry('Not a size', 'Sizes are written 4096, 10K, 2M or 0x5000.', 'Correct the option.'),
  HH1109: entry(
    'The command line is wrong',
    'An option or command is unknown, or a value does not fit.',
    'See `harvest --help`.',
  ),
  HH1180: entry(
    'The trace has no addresses',
    'It tells sizes only (a Drone OS heap trace, for example): there is no heap map and no fragmentation.',
    'Use `harvest stats` or `harvest pools`, which need no addresses.',
  ),
  HH2130: entry(
    'The log says how full the heap was, and has no blocks',
    'Of levels like `Free heap: 39788` nobody can tell who holds what, where it lies or which pools would do.',
    'Use `harvest stats`: it shows the levels and whether they tell a leak or fragmentation. Trace allocations for more.',
  ),
  HH1181: entry(
    'No such mark in the trace',
    'The name is misspelt, the capture set no mark, or the second mark lies before the first.',
    'The message lists the marks that there are; --mark NAME=EVENT or NAME=FUNCTION adds some.',
  ),
  HH1182: entry(
    'A mark cannot be set',
    '--mark takes NAME=EVENT (a number up to the event count) or NAME=FUNCTION (one that is in a backtrace).',
    '`harvest stats` shows the event count; `harvest tree` shows the functions.',
  ),
  HH1183: entry(
    'The pool options make no layout',
    'There may be 1 to 64 pools, the alignment is a power of two, and filling up needs a heap size.',
    'See `harvest pools --help`.',
  ),
  HH1184: entry('No such placement policy', 'The name is misspelt.', '`harvest whatif --help` lists them.'),
  HH1185: entry(
    'Not a baseline file',
    'The file was cut, edited, or is something else.',
    'Write a new one: `harvest check TRACE --write-baseline FILE`.',
  ),
  HH1186: entry(
    'Not a budget file',
    'heap.budget.toml is not TOML, has an unknown field, or a limit that is neither a size nor a count.',
    'docs/analysis.md lists the fields; schema = 1 comes first.',
  ),
  HH1187: entry(
    'Not the bounds of a heap',
    '--heap takes BASE:SIZE.',
    'For a CircuitPython log: 0:SIZE, because its addresses count from the begin of the heap.',
  ),
  HH1112: entry('Not an address', 'Addresses are written 0x000009d6 or in decimal.', 'Correct the argument.'),
  HH1113: entry(
    'The trace holds no registers and stacks',
    'Only the direct engine stores them.',
    'Capture with --engine direct or auto.',
  ),
  HH1114: entry('Nothing to dump', 'The ELF file has no writable section.', 'Name the memory with --region BASE:SIZE.'),
  HH1115: entry('Not a region', '--region takes BASE:SIZE, for example 0x20000000:32K.', 'Correct the option.'),
  HH1201: entry(
    'No such board',
    'The name is not among the board files.',
    '`harvest boards` lists them; a path to a .json works too.',
  ),
  HH1202: entry(
    'A description is not JSON',
    'A board or allocator file has a syntax error.',
    'The message names the place.',
  ),
  HH1203: entry(
    'A description does not fit its schema',
    'A field is unknown, missing, or has the wrong type.',
    'board-configs/board.schema.json describes every field; editors check against it.',
  ),
  HH1210: entry(
    'No such allocator profile',
    'The name is not among the profiles, or the file is not there.',
    '`harvest allocators` lists them; a path to a .json works too; `auto` recognises most firmwares.',
  ),
  HH1211: entry(
    'An allocator profile contradicts itself',
    'A hook lacks the argument that its kind needs, or is covered by one that is not there.',
    'board-configs/allocators/allocator.schema.json describes every field; arguments count from 0.',
  ),
  HH1212: entry(
    'A hook cannot be read',
    '--hook takes a function with its arguments: size, count, align, ptr, or _ for any other.',
    "For example: --hook 'pool_get(_, size)' --hook 'pool_put(_, ptr)'.",
  ),
  HH1350: entry(
    'The ELF file has no symbols',
    'It was stripped.',
    'Use the file from before `strip`; -g adds source lines.',
  ),
  HH1351: entry(
    'The ELF file is for another architecture',
    'Board and firmware do not belong together.',
    'Check --board and the path.',
  ),
  HH1352: entry(
    'The log function is missing',
    'The firmware was not built with LOG_HEAP_ACTIVITY, or LTO inlined gc_log_change.',
    'Set `#define LOG_HEAP_ACTIVITY 1` in py/gc.c and build with DEBUG=1 (docs/circuitpython.md); CFLAGS+= on the command line of make replaces the flags of the build.',
    'Or capture the allocator itself: --allocator auto needs no rebuild.',
  ),
  HH1360: entry(
    'No allocator was recognised',
    'The ELF file has the symbols of none: it was stripped, or the allocator is one without a profile.',
    'Use the ELF file from before `strip`.',
    "Name its functions: --allocator custom --hook 'my_alloc(size)' --hook 'my_free(ptr)'.",
  ),
  HH1361: entry(
    'The allocator is not in the firmware',
    'The profile is of another allocator, or its functions were inlined or removed.',
    '`harvest allocators firmware.elf` shows what the ELF file has and why.',
    'Hook the functions above it: --hook.',
  ),
  HH1362: entry(
    'The processor is not known to captures',
    'They read arguments and results by the calling conventions of 32-bit Arm and RISC-V, and of Xtensa, whose ABI its .xtensa.info section tells.',
    'Name its addresses with `harvest symbolize`, or import a trace that the device made itself.',
  ),
  HH1401: entry(
    'No such format',
    '--format takes the id of a known format.',
    '`harvest import --list-formats` lists them.',
  ),
  HH1402: entry(
    'The file is of no known format',
    'Its content matches none.',
    'Force one with --format, or map columns of CSV and JSON lines.',
  ),
  HH1403: entry(
    'A journal is damaged',
    'Bytes of a chunk are not what they should be.',
    'The events before it are kept.',
  ),
  HH1404: entry(
    'Not a journal',
    'The file is something else, or of a later version.',
    '`harvest import FILE` reads other traces.',
  ),
  HH1405: entry(
    'A compressed file unpacks too far',
    'More than 1 GiB or 200:1.',
    'Unpack it yourself if you trust it.',
  ),
  HH1406: entry('Damaged gzip', 'The file is cut or changed.', 'Fetch it again.'),
  HH2001: entry(
    'A leak check failed',
    'Blocks that were allocated between two marks are still alive at the second.',
    'The message names the source line and its callers; `harvest leaks TRACE` shows the rest.',
    'What a first run sets up for good does not count with three marks or more.',
  ),
  HH2002: entry(
    'A limit of the budget is broken',
    'The firmware takes more than heap.budget.toml allows.',
    '`harvest tree --at-peak TRACE` shows who holds the heap at its peak.',
  ),
  HH2003: entry(
    'A new call path allocates',
    'It is not in the baseline.',
    'If it is meant: `harvest check TRACE --write-baseline FILE`.',
  ),
  HH2004: entry(
    'The capture is incomplete',
    'Events were lost or the end is missing: a passing check would prove nothing.',
    'Capture again; --allow-incomplete checks what is there.',
  ),
  HH2005: entry(
    'The pools do not fit the heap',
    'The smallest layout that serves the trace is larger than the heap that was given.',
    'Allow more pools, or take the least heap that the message names.',
  ),
  HH2006: entry(
    'The difference breaks a limit',
    'The later trace takes more than --max-growth and its like allow.',
    '`harvest diff A B` shows which call paths changed.',
  ),
};
