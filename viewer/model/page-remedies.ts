/*
 * What to do next, by error code, for somebody who has the page and no terminal. The library's own remedies name options and commands; the
 * page takes those that do not. test/viewer/page-remedies.test.ts knows every code that the page's script can throw.
 */

const ROWS =
  'In a table or JSON, call the columns what they are: address, size and, if there are several kinds of events, kind (alloc or free).';
const FORMATS = `The page reads the formats that Help (?) lists. ${ROWS}`;
const COPY_ELF =
  'The ELF file is damaged or cut: copy it or build it again. The trace shows without it, with fewer names.';
const NAMES = 'The trace shows without these names; an ELF file built with -g and without stripping has them.';
const COPY_TRACE = 'The file is damaged or cut: copy it again, or make the capture anew.';
const ADDRESS = 'Type the address of the board, or the one that the server printed when it started.';

export const PAGE_REMEDIES: Readonly<Record<string, string>> = {
  HH1180: 'Statistics and the pools in them need no addresses.',
  HH1181: 'Choose two marks of this trace, the earlier one first.',
  HH1183: 'Type other numbers for the pools.',
  HH1301: 'Choose the linked firmware.elf (also called .axf or .out), not the .bin, .hex or .uf2 that was made of it.',
  HH1302: COPY_ELF,
  HH1303: 'Choose the linked firmware.elf of the target.',
  HH1304: COPY_ELF,
  HH1305: 'Link the firmware with -gz=zlib or -gz=none, and choose the new ELF file.',
  HH1306: COPY_ELF,
  HH1307: COPY_ELF,
  HH1308: COPY_ELF,
  HH1309: COPY_ELF,
  HH1310: NAMES,
  HH1311: NAMES,
  HH1312: COPY_ELF,
  HH1313: NAMES,
  HH1370: NAMES,
  HH1402: FORMATS,
  HH1403: COPY_TRACE,
  HH1404: 'Open it in the page of the release that wrote it, or in a newer one.',
  HH1410: COPY_TRACE,
  HH1411: COPY_TRACE,
  HH1412: COPY_TRACE,
  HH1413:
    'Break on malloc and free of a build with debug information, let gdb print backtraces, and open its whole log.',
  HH1414: 'Open the streams one by one.',
  HH1416: ROWS,
  HH1430: 'Call heap_trace_dump() on the device, and open all of its output.',
  HH1431: FORMATS,
  HH1432: FORMATS,
  HH1433: FORMATS,
  HH1440: 'Save the recording again with SystemView, as .SVDat.',
  HH1441: COPY_TRACE,
  HH1442: COPY_TRACE,
  HH1450:
    'Turn the trace on with mbed_mem_trace_set_callback(mbed_mem_trace_default_callback), and open all of the log.',
  HH1451: 'Run memdump used in the NuttX shell, and open its whole output.',
  HH1452: ROWS,
  HH1453: ROWS,
  HH1454: ROWS,
  HH1490: COPY_TRACE,
  HH1491: COPY_TRACE,
  HH1920: 'Load this page anew from its file.',
  HH1921: COPY_TRACE,
  HH1922: 'Unpack the file yourself, and open what comes out.',
  HH1923: 'Open a part of it: a capture of a shorter time, or of fewer events.',
  HH1924: 'Open the journal (capture.harvest) of the same capture instead.',
  HH1925: 'The file is cut or damaged: copy it again, or open the journal of the same capture.',
  HH1926: 'The file is damaged, or another program made it: open the journal of the same capture.',
  HH1930: ADDRESS,
  HH1931: 'Check the address and the network; a board must allow pages of other origins (CORS) to read from it.',
  HH1932: ADDRESS,
  HH1933: ADDRESS,
  HH1970: 'Click on an event of the axis.',
  HH1971: 'Choose two marks that are further apart.',
  HH2130: 'Statistics show the levels and whether they tell a leak or fragmentation.',
};
