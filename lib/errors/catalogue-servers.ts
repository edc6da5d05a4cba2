import { type ErrorExplanation, entry } from './error-explanation.js';

/** Debug servers that are launched, and boards: HH1522 to HH1549. */
export const SERVER_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1522: entry(
    'No debug probe was found',
    'It is not plugged in, its cable carries no data, or another interface drives it.',
    'Plug it in; `harvest doctor` shows the probes that USB shows.',
    'Name the interface with --interface, or the probe with --probe SERIAL.',
  ),
  HH1523: entry(
    'No permission for the probe',
    'On Linux a USB device belongs to root until a udev rule says otherwise.',
    'Put the rule that the message prints into /etc/udev/rules.d, reload, plug the probe in again.',
  ),
  HH1524: entry(
    'Another chip answers',
    'Board and board file do not belong together, or the probe is on another board.',
    'Name the right board with --board.',
  ),
  HH1525: entry(
    'The chip does not answer',
    'It has no power, a wire is loose, it sleeps, or its firmware uses the debug pins for something else.',
    'Check power, SWDIO, SWCLK and GND.',
    'Hold the reset button while connecting; try a slow link: --speed 100.',
  ),
  HH1526: entry(
    'The chip is locked',
    'Read protection or APPROTECT keeps debuggers out.',
    'Unlocking erases the flash: use the tool of the vendor, then flash the firmware again.',
  ),
  HH1527: entry(
    'The target has no voltage',
    'The probe measures none at its reference pin.',
    'Power the board; connect VTref to the 3.3 V of the board.',
  ),
  HH1528: entry(
    'A port is in use',
    'Another debug server runs.',
    'End it, or attach to it with --gdb-server HOST:PORT.',
  ),
  HH1529: entry(
    'The debug server lacks a driver',
    'Chips of Espressif, RP2350 and some others need OpenOCD of the vendor, or one later than 0.12.',
    'Install it, and name its program with --server-program.',
  ),
  HH1530: entry(
    'The configuration of the debug server is wrong',
    'A script is missing, or interface and transport do not go together.',
    'See the servers part of the board file (docs/boards.md); -v shows the command.',
  ),
  HH1531: entry('The debug server ended', 'It says why in its last lines.', 'Run it again with -v.'),
  HH1532: entry(
    'The debug server was not ready in time',
    'It is stuck, or very slow.',
    'Unplug the probe and plug it in again; run with -v.',
  ),
  HH1533: entry(
    'The debug server is not installed',
    'Its program cannot be run.',
    'Install it, or choose another with --server.',
  ),
  HH1534: entry(
    'Another program holds the probe',
    'An IDE, another debugger, or a server that was left over.',
    'End it; `harvest doctor` shows what runs.',
  ),
  HH1535: entry(
    'Several probes are plugged in',
    'It is never guessed which one is meant.',
    'Name one: --probe SERIAL.',
  ),
  HH1536: entry(
    'Nothing says what drives the probe',
    'The board has no interface of its own, and USB shows no probe that is known.',
    'Name it: --interface cmsis-dap, jlink, stlink-dap, or the path of a .cfg file.',
  ),
  HH1537: entry(
    'The firmware does not fit the board',
    'Its segments lie where this board has no memory: it was built for another board.',
    'Name the board that it was built for; the message lists those that it fits.',
    'An emulator whose memory you enlarge with --qemu-arg is not refused.',
  ),
  HH1538: entry(
    'The board cannot be found by USB',
    '--board auto takes the one board whose USB identity is plugged in.',
    'Name the board; `harvest boards` lists them.',
  ),
  HH1539: entry(
    'The board cannot be debugged',
    'It has no pads for a probe.',
    'Link the tracer into the firmware, and fetch its ring over a serial port or HTTP.',
  ),
  HH1540: entry('No such reset', 'Only OpenOCD has `init`.', 'Use --reset halt, or --reset none.'),
  HH1541: entry(
    'The Black Magic Probe finds no target',
    'The board has no power, a wire is loose, or the second port of the probe was named.',
    'Check power and wires; name the first port of the probe.',
  ),
  HH1542: entry(
    'No board can be made of the file',
    'It is of another kind, or has no device of this name.',
    'JLinkDevices.xml, a CMSIS pack’s .pdsc and OpenOCD board scripts are read; --device NAME chooses.',
  ),
  HH1860: entry(
    'The questions about a new board were left',
    'The input ended, by Ctrl-D or Ctrl-C, before all were answered: nothing is written.',
    'Answer them, or give the answers as options: `harvest boards new --mcu CHIP --title TITLE -o FILE`.',
  ),
  HH1861: entry(
    'The chip has too few hardware breakpoints for any capture',
    'One is for the function that is captured, and one for the end or for the return of a call. An ESP8266 has one in all, no debug port, and its gdbstub cannot reset and halt it.',
    '`harvest session --nodemcu PORT`, where the firmware is NodeMCU.',
    'Link the tracer into the firmware: examples/firmware/alloctrace/README.md.',
  ),
  HH1862: entry(
    'Who listens at the port is no debug server',
    'Another program holds it, such as a web server; or a debug server that already serves a debugger and answers nobody else.',
    'Give the port of the debug server: --gdb-server HOST:PORT.',
    'Leave --gdb-server out: the server is launched then, on a free port.',
  ),
  HH1543: entry(
    'The board file cannot be written',
    'The file is there already, or its folder is not.',
    'Name another with --out.',
  ),
  HH1544: entry(
    'The console port is not found',
    'No serial port, or more than one, has the USB identity of the board or the serial number that was named.',
    'Name the port by its path: --serial /dev/ttyACM0; `harvest doctor` shows the ports.',
  ),
  HH1545: entry(
    'The debug server ended during the capture',
    'It crashed, was killed, or the probe was unplugged.',
    'What was captured is kept. Run with -v to see what the server says.',
  ),
};
