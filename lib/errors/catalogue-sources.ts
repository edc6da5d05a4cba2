import type { ErrorExplanation } from './error-explanation.js';

/** The codes of lib/stream, lib/session, lib/alloctrace and of the alloctrace JSON: part of the catalogue, in a file of its own for its length. */
export const SOURCE_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1110: {
    title: 'Not a command of the session',
    cause: 'A session knows init, start, stop, resume, dump, lua, state, help and quit.',
    remedies: ['Type help.'],
  },
  HH1490: {
    title: 'Not the JSON of an alloctrace ring',
    cause: 'The document is damaged, or is something else.',
    remedies: ['Fetch it again; `harvest capture ring URL` retries by itself.'],
  },
  HH1491: {
    title: 'A member of alloctrace JSON is wrong',
    cause: 'The message names the member, what it holds and what it should hold.',
    remedies: ['Mend the firmware or the program that wrote it.'],
  },
  HH1600: {
    title: 'The serial port cannot be opened',
    cause: 'It is not there, another program has it, or you may not use it.',
    remedies: ['Close serial monitors.', 'On Linux join the group dialout (or uucp) and log in again.'],
  },
  HH1603: {
    title: 'No serial port, or more than one, fits',
    cause: 'The board is not plugged in, or several of its kind are.',
    remedies: ['Name the port by its path, or the board by its serial number.'],
  },
  HH1604: {
    title: 'USB identities of serial ports are unknown',
    cause: 'They come from udevadm, which is not installed.',
    remedies: ['Install udev, or name the port by its path.'],
  },
  HH1605: {
    title: 'The serial port did not come back',
    cause: 'It vanished, and the time to wait for it is over.',
    remedies: ['Check cable and power; what was captured is kept.'],
  },
  HH1606: {
    title: 'Serial ports do not work in worker threads',
    cause: 'The native binding polls on the main thread and would end the process.',
    remedies: ['ava: "workerThreads": false. vitest: pool "forks".'],
  },
  HH1607: {
    title: 'The serial binding is missing',
    cause: 'It is an optional package with native code, and was not installed.',
    remedies: ['npm install @serialport/bindings-cpp', 'Or bring the port to TCP with ser2net or socat.'],
  },
  HH1608: {
    title: 'The serial device is gone',
    cause: 'It was unplugged, lost power, or reset its USB.',
    remedies: ['Check the cable; what arrived is kept.'],
  },
  HH1610: {
    title: 'The board shows no Lua prompt',
    cause: 'The rate is wrong, a program keeps the REPL busy, or the prompt was changed.',
    remedies: ['Check --baud.', 'Reset the board.'],
  },
  HH1611: {
    title: 'The statement does not fit a line of the REPL',
    cause: 'NodeMCU reads lines of up to 255 bytes.',
    remedies: ['Put the action into a function on the board and call that.'],
  },
  HH1612: {
    title: 'The board does not answer',
    cause: 'It hangs, is busy, or its output was lost.',
    remedies: ['Give a longer --timeout.', 'Reset the board.'],
  },
  HH1613: {
    title: 'The board was reset',
    cause: 'It sent boot messages instead of an answer.',
    remedies: ['init again.'],
  },
  HH1614: {
    title: 'The answer has no end',
    cause: 'The board prints without end, or the dump is larger than 16 MiB.',
    remedies: ['Trace fewer records.'],
  },
  HH1615: { title: 'Not a number of records', cause: 'init needs at least 1.', remedies: ['init 100'] },
  HH1616: {
    title: 'The command does not fit the state of the session',
    cause: 'The order is init, start, stop, dump, resume.',
    remedies: ['`state` tells the state.'],
  },
  HH1617: {
    title: 'The board refused a command',
    cause: 'The message holds its own words.',
    remedies: ['"attempt to index": build the firmware with the heaptrace module.', '"out of memory": fewer records.'],
  },
  HH1618: {
    title: 'The board was reset while its port was away',
    cause: 'It does not know the mark that the session left on it, so its records are gone.',
    remedies: ['init and start again.'],
  },
  HH1619: {
    title: 'The firmware lacks a symbol of the tracer',
    cause: 'alloctrace is not linked in, or an end function does not exist.',
    remedies: ['See examples/firmware/alloctrace/README.md.'],
  },
  HH1620: {
    title: 'Not the address of a ring',
    cause: 'Expected http://HOST[:PORT][/BASE].',
    remedies: ['http://board.local'],
  },
  HH1621: {
    title: 'The ring does not answer',
    cause: 'The board is off, elsewhere, or the network lost the answer.',
    remedies: ['Check power, network and address.'],
  },
  HH1622: {
    title: 'The ring refused the request',
    cause: 'The message holds its reason: a name that it does not serve, a setting out of range, a full ring.',
    remedies: ['`harvest serve TRACE --allow-host NAME --cors ORIGIN`', 'A full ring: --action reset.'],
  },
  HH1623: {
    title: 'The answer is not the alloctrace protocol',
    cause: 'Something else listens there, or the base path differs.',
    remedies: ['Give the base path: http://HOST/BASE.'],
  },
  HH1624: { title: 'The download is too large', cause: 'It passed the byte limit.', remedies: ['Use --limit N.'] },
  HH1625: {
    title: 'The board failed to answer',
    cause: 'It reported an error of its own (5xx), also after retries.',
    remedies: ['Boards are short of memory: --limit N asks for less.'],
  },
  HH1630: {
    title: 'The ring cannot do that now',
    cause: 'A finished capture cannot be changed; a full ring goes on only after a reset.',
    remedies: ['--action reset clears a full ring.'],
  },
  HH1640: {
    title: 'The server cannot listen',
    cause: 'The port is in use, or the interface is not of this machine.',
    remedies: ['Choose another --port; 0 is any free one.'],
  },
  HH1641: {
    title: 'The memory holds no ring of the tracer',
    cause: 'Another firmware runs, the tracer has not started yet, or the memory was overwritten.',
    remedies: ['Give the ELF file of the firmware that runs.'],
  },
  HH1940: {
    title: 'The ring was not downloaded in time',
    cause: 'The board answers too slowly, or sends without an end; what had come was no whole answer.',
    remedies: ['Ask for less with --limit, or give it longer with --timeout SECONDS.'],
  },
  HH1642: {
    title: 'The tracer never came to rest',
    cause: 'At every stop it was in the middle of changing the ring.',
    remedies: ['Reset the target.'],
  },
  HH1643: {
    title: 'The source cannot be opened',
    cause: 'No such file, or nothing listens at the address.',
    remedies: ['OpenOCD: configure tpiu with -output :PORT and enable it.'],
  },
  HH1644: {
    title: 'The connection to the source broke',
    cause: 'The server ended or the network failed.',
    remedies: ['What arrived is kept; start again.'],
  },
};
