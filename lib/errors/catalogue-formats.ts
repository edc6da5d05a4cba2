import { type ErrorExplanation, entry } from './error-explanation.js';

const KEPT = 'The events before the place were kept.';

/** The codes of the trace format readers (HH1410 to HH1489), and of traces that cannot be judged (HH1720). */
export const FORMAT_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1410: entry(
    'Drone OS: an impossible frame',
    'The bytes are of another generation, another program, or damaged.',
    'Force a generation: --format drone-g0, drone-g1 or drone-g2.',
    KEPT,
  ),
  HH1411: entry(
    'Drone OS: frames in an impossible order',
    'Bytes are missing, or the trace is of another generation.',
    'Capture again at a lower SWO speed.',
    KEPT,
  ),
  HH1412: entry(
    'Drone OS: a block larger than the heap',
    'The generation was guessed wrong, or --heap-size is too small.',
    'Give the true --heap-size, or force the generation with --format.',
  ),
  HH1413: entry(
    'A gdb log without an event of the heap',
    'Its breakpoints were not hit, or are on functions that say nothing about the heap, or their arguments are not there.',
    'Break on gc_log_change, or on malloc and free of a build with debug information.',
  ),
  HH1414: entry(
    'Several streams that cannot be put in order',
    'Streams of one run (a file a core or a task) are merged by time, and one of them has no times.',
    'Import the streams one by one, or name their column of times.',
  ),
  HH1415: entry(
    'An input of which nothing was read',
    'It bears the marks of a format, but has no event, no block and no region.',
    'Look at what the device printed: the trace may not have been running.',
  ),
  HH1416: entry(
    'A JSON document without blocks or events',
    'No array in it has objects with an address and a size under a usual name.',
    "Name the fields with --columns 'address=ptr,size=bytes'.",
  ),
  HH1430: entry(
    'No ESP-IDF heap trace dump',
    'The text has no header and no record of heap_trace_dump().',
    'Call heap_trace_dump() on the device and keep all of its output.',
  ),
  HH1440: entry(
    'Not a SystemView recording',
    'The header lines or the 10 zero bytes after them are missing.',
    'Give the .svdat file itself.',
  ),
  HH1441: entry(
    'SystemView: an impossible event',
    'The recording is damaged, or of a later protocol.',
    KEPT,
    'Record again with a larger buffer.',
  ),
  HH1442: entry('SystemView: a heap event ends inside a number', 'The recording is damaged.', KEPT),
  HH1431: entry(
    'Nothing of the format in the text',
    'The text was taken for the output of one producer, and no line of it is one of its records.',
    'Check --format, keep the whole output of the command that the message names, or describe the lines with --pattern.',
  ),
  HH1432: entry(
    'No line matches a pattern',
    'The patterns of --pattern or of a built-in reader fit no line of the input.',
    'Compare a line of the log with the pattern: blanks fit any run of blanks, bare hexadecimal needs {address:hex}.',
  ),
  HH1433: entry(
    'A line pattern that cannot be used',
    'The kind, a field or a unit is not known, or two fields stand side by side.',
    "Write it like 'alloc: {address} {size} {caller}', one an event kind; docs/formats.md lists kinds, fields and units.",
  ),
  HH1434: entry(
    'No heap map in the text',
    '`harvest layout` was given a text that holds no map as micropython.mem_info(1) prints it.',
    'Keep all that micropython.mem_info(1) prints, or give a dump of the memory with --base.',
  ),
  HH1450: entry(
    'No mbed mem_trace line',
    'The log has no line such as #m:0x20003080;0x182f-50.',
    'Enable it with mbed_mem_trace_set_callback(mbed_mem_trace_default_callback).',
  ),
  HH1451: entry(
    'No NuttX memdump table',
    'The header line with Size and Address is missing.',
    'Run `memdump used` and keep its whole output.',
  ),
  HH1452: entry(
    'Columns are missing',
    'A column that was named is not there, or none says addresses and sizes.',
    "Name them: --columns 'address=ptr,size=bytes'; by number where there is no header: 'address=1,size=2'.",
  ),
  HH1453: entry(
    'A value cannot be read',
    'A cell of CSV or JSON lines is no number or no kind of event.',
    "Map other columns, or say that numbers are bare hexadecimal: --columns 'address=ptr:hex'.",
    KEPT,
  ),
  HH1454: entry('Not a line of JSON', 'Each line must be one object.', 'Name the fields with --columns.', KEPT),
  HH1460: entry(
    'Not a .mpy file of version 0 to 6',
    'It is another file, or of a newer MicroPython.',
    'Compile it again with the mpy-cross of the firmware.',
  ),
  HH1461: entry('A .mpy file is cut', 'It was not copied whole.', 'Copy it again.'),
  HH1462: entry('A .mpy file is damaged', 'A number or kind in it cannot be.', 'Compile it again.'),
  HH1470: entry(
    'A heap too small for one block',
    'The size given is not that of the heap area.',
    'Give the whole area that gc_init got.',
  ),
  HH1471: entry(
    'The allocation table is not in the dump',
    'The dump holds another part of memory, or --base is wrong.',
    'Give the address of the first byte with --base, and the ELF file if the dump is of all RAM.',
  ),
  HH1480: entry(
    'No such export format',
    '--format takes the id of a known format.',
    '`harvest export --list-formats` lists them.',
  ),
  HH1720: entry(
    'A trace without events cannot be checked',
    'The log only says how full the heap was: there are no allocations of which any could be left behind.',
    'Check a trace of allocations; `harvest leaks` without --max tells a leak from fragmentation by the levels.',
  ),
  HH1645: entry(
    'The input holds nothing of the format',
    'So much was read without a single record: it is another format, or no trace.',
    'Name the format with --format; `harvest import --list-formats` shows them all.',
  ),
  HH1646: entry(
    'The input is one byte, again and again',
    'It is a device such as /dev/zero, or a file that was made and never written.',
    'Give the file that the trace is in.',
  ),
  HH1647: entry(
    'Too many events',
    'They would not fit into the memory of this machine.',
    'Split the trace, or capture less of it: `--max-events`, `--until`.',
  ),
};
