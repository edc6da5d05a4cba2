import { type ErrorExplanation, entry } from './error-explanation.js';

/** The codes of lib/symbols. */
export const SYMBOL_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1301: entry(
    'Not an ELF file',
    'The file is a .bin, .hex or .uf2 made from the program, or something else.',
    'Give the linked firmware.elf (also called .axf or .out).',
  ),
  HH1302: entry('The ELF file is cut short', 'A copy or a build was interrupted.', 'Copy or build the file again.'),
  HH1303: entry(
    'This kind of ELF file is not supported',
    'It is an object file, a core file, or its header is damaged.',
    'Give the linked firmware.elf of the target.',
  ),
  HH1304: entry(
    'A compressed section is damaged',
    'Its stream does not hold what its header promises.',
    'Build or copy the ELF file again.',
  ),
  HH1305: entry(
    'A section is compressed with something other than zlib or zstd',
    'The file is damaged, or from a linker that is newer than this release.',
    'Link with -gz=zlib or -gz=none, or run objcopy --decompress-debug-sections.',
  ),
  HH1306: entry(
    'Debug information is damaged',
    'A unit, an abbreviation, a value or a range list is none of DWARF 2 to 5.',
    'Build the firmware again; other units of the file still work.',
  ),
  HH1307: entry('A line table is damaged', 'Its header is none of DWARF 2 to 5.', 'Build the firmware again.'),
  HH1308: entry(
    'Call frame information is damaged',
    'An entry or instruction is unknown.',
    'Build the firmware again.',
  ),
  HH1309: entry(
    'A DWARF expression is damaged',
    'It does not end or uses an unknown operation.',
    'Build the firmware again.',
  ),
  HH1310: entry(
    'The ELF file has no such variable',
    'The name is wrong, or the file has no debug information.',
    'Check the name, and build with -g and without --strip-debug.',
  ),
  HH1311: entry(
    'A variable has no such member',
    'The path does not fit the firmware that the ELF file was built from.',
    'Check the path against the source; the message lists the members.',
  ),
  HH1312: entry(
    'The demangler cannot be loaded',
    'The bytes are not the WebAssembly module of gecko-profiler-demangle.',
    'Hand over its index_bg.wasm, unchanged.',
  ),
  HH1313: entry(
    'A .dwo file is not that of this program',
    'The program was built again with -gsplit-dwarf, and the file beside it is an older or a newer one.',
    'Build again, and keep the .dwo files where they were written.',
  ),
  HH1314: entry(
    'A 64-bit program cannot be captured',
    'The firmware is for AArch64, RV64 or another 64-bit processor; the engines know 32-bit registers.',
    'Name its addresses with `harvest symbolize`, or import what its own tracer writes.',
  ),
  HH1315: entry(
    'A big-endian program cannot be captured',
    'The engines read registers and memory as little-endian.',
    'Name its addresses with `harvest symbolize`, or import what its own tracer writes.',
  ),
  HH1316: entry(
    'Arm state cannot be captured',
    'A function to break on is Arm code, as on classic Arm and Cortex-A or -R processors; the engines know Thumb.',
    'Build with -mthumb; `harvest symbolize` names the addresses of Arm code too.',
  ),
  HH1370: entry(
    'The index of a .dwp package cannot be read',
    'The package is cut short, or made by a tool of another format than those of GNU (version 2) and DWARF 5.',
    'Make it again with `dwp` or `llvm-dwp`, or keep the .dwo files beside the ELF file.',
  ),
  HH1371: entry(
    'A clock has no rate',
    'A counter tells the time only where it is known how often it counts in a second.',
    'Write it behind an @: --clock xTickCount@1000, --clock DWT_CYCCNT@48M.',
  ),
  HH1372: entry(
    'A clock tells no time',
    'The ELF file has no such variable, or it is no counter; SysTick begins anew at every tick.',
    'Name the variable that the tick handler counts (uwTick@1000, SysTick+uwTick@48M), the address of a counting register, or DWT_CYCCNT.',
  ),
  HH1373: entry(
    'The cycle counter does not run',
    'Nobody enabled it before the first event, or the processor has none: a Cortex-M0, an emulator.',
    'Enable it in the firmware (CoreDebug->DEMCR bit 24, DWT->CTRL bit 0), or name a variable that counts ticks.',
  ),
  HH1374: entry(
    'A clock cannot be read in the one-write mode',
    'The target runs on before it is known where it stopped.',
    'Leave out --one-write, or --clock.',
  ),
  HH1840: entry(
    'QEMU does not count its instructions',
    'It tells the count only of a run that it records; another server does not tell it at all.',
    'Let the capture launch QEMU, or start it with -icount shift=0,rr=record,rrfile=/dev/null; on hardware name a counter.',
  ),
};
