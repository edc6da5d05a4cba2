import { type ErrorExplanation, entry } from './error-explanation.js';

const OTHER_ENGINE = 'Capture with --engine gdb.';
const RESTART = 'End the debug server, start it again and repeat the capture.';

/** The codes of our own client of debug servers (HH1550 to HH1599). */
export const LINK_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1550: entry(
    'No connection to the debug server',
    'Nobody listens on that port, or another program does.',
    'Start the debug server, or give its port with --gdb-server HOST:PORT.',
  ),
  HH1551: entry(
    'The debug server closed the connection',
    'It ended, it allows one client only, or the probe was unplugged.',
    'See what the server printed last.',
  ),
  HH1552: entry(
    'The debug server does not answer',
    'QEMU serves one client and leaves a second one waiting; a server may hang on its probe.',
    'End other debug sessions.',
    RESTART,
  ),
  HH1553: entry('A damaged packet', 'The line changed bytes: a serial link, a bad cable, a broken proxy.', RESTART),
  HH1554: entry(
    'A reply that fits no request',
    'The server lost or repeated a reply, or another client talks to it.',
    'End other debug sessions.',
    RESTART,
  ),
  HH1555: entry(
    'The debug server refused a request',
    'The message holds the request and what the server said.',
    'See what the server printed.',
    OTHER_ENGINE,
  ),
  HH1556: entry('The debug server cannot do what is needed', 'It lacks a part of the protocol.', OTHER_ENGINE),
  HH1557: entry(
    'A breakpoint was refused',
    'The chip has no comparator left: Cortex-M0 parts have 4.',
    'Name fewer end conditions.',
    'End other debug sessions that hold breakpoints.',
  ),
  HH1558: entry('The target is gone', 'The server says that the program has ended.', RESTART),
  HH1559: entry(
    'Memory cannot be read',
    'The address is not backed by memory, or the chip protects it.',
    'Does the ELF file belong to this chip? --verify compares them.',
  ),
  HH1560: entry(
    'The target description cannot be used',
    'The server describes another architecture than Arm, or its XML is damaged.',
    OTHER_ENGINE,
  ),
  HH1561: entry('The target runs', 'The request needs a halted target.', 'Interrupt the target first.'),
  HH1562: entry(
    'The debug server cannot leave its target so',
    'No command of it is known that resets the target and lets it run; a Black Magic Probe cannot leave it halted either.',
    'Leave --after out, and reset the board by its button.',
  ),
  HH1564: entry(
    'The target does not stop',
    'The core sleeps with its debug port off, or the probe lost it.',
    'Reset the board and capture again.',
    'Keep the debug port on in sleep, where the chip allows that.',
  ),
  HH1565: entry(
    "OpenOCD's Tcl port does not answer",
    'OpenOCD has tcl_port disabled or on another number.',
    'Start OpenOCD with `tcl_port 6666`. Without it OpenOCD sees 10 events a second.',
  ),
  HH1566: entry(
    'The log of the console cannot be written',
    'The folder of --serial-log is not there or not writable, or the disk is full.',
    'Name another file.',
  ),
  HH1567: entry(
    'No return instruction for the one-write mode',
    'No `bx lr` lies near the log function.',
    'Capture without --one-write.',
  ),
  HH1591: entry(
    'Memory reads as something else than before',
    'The debug server says that the target stopped, but code reads as other bytes than at the start: the probe was pulled out, the target lost its power, or a wire is loose.',
    'Check the cable and the power, and repeat the capture; what was captured before is kept.',
  ),
  HH1592: entry(
    'The debug server answered something else than it was asked',
    'A request was answered twice, or a write was refused: what gdb read since may be the answers to other requests. The event is not counted.',
    'Repeat the capture. Where it happens again, capture with `--engine direct`.',
  ),
  HH1590: entry(
    'gdb or the debug server does not answer any more',
    'One of them hangs or was stopped, or the probe is gone; or the core sleeps with its debug port off. The target was interrupted, and nothing came back.',
    'See what the debug server says; start it again and repeat the capture.',
  ),
};
