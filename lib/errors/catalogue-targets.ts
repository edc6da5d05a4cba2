import { type ErrorExplanation, entry } from './error-explanation.js';

/** Targets, gdb, programs that are missing, and outputs: HH15xx to HH19xx. */
export const TARGET_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH1501: entry(
    'No debug server answers',
    'OpenOCD, J-Link or QEMU does not run, listens elsewhere, or another debugger holds it.',
    'Start the server and look for its "listening" line.',
    'Close other debuggers: most servers take one client.',
  ),
  HH1502: entry(
    'The target cannot be reset',
    'The debug server refused the command.',
    'Try --no-reset; check the probe.',
  ),
  HH1503: entry(
    'The firmware cannot be loaded',
    'Flash is protected, or the server knows no flash driver.',
    'Flash it with your usual tool and leave --load out.',
  ),
  HH1504: entry(
    'The target runs another firmware',
    'Its code differs from the ELF file: source lines would be wrong.',
    'Flash this ELF file, or pass --load.',
    'Pass --no-verify when you know better.',
  ),
  HH1506: entry(
    'Memory cannot be read',
    'The address is not mapped, or the target is asleep.',
    'Check the ELF file and the board.',
  ),
  HH1508: entry(
    'Too few hardware breakpoints',
    'Cortex-M0 has 4, M3 and M4 have 6; other sessions may hold some.',
    'Leave out end conditions; close other debuggers.',
  ),
  HH1510: entry(
    'QEMU ended',
    'It says why: often an image that does not fit the machine.',
    'Check --board and the ELF file.',
  ),
  HH1511: entry('A server does not come up', 'It did not listen in time.', 'Look at its own messages.'),
  HH1520: entry(
    'Too few hardware breakpoints for the allocator',
    'Each hooked function and each end condition needs one, and one serves the returns.',
    'Leave out --until: --until-prompt, --max-events and --timeout need no breakpoint. With one breakpoint no allocator can be followed: let the firmware trace itself.',
  ),
  HH1521: entry(
    'The largest free block cannot be read',
    'The profile does not say how the free list is read, or a log function is followed.',
    'Add --allocator auto; see `harvest allocators` for those whose heap can be read.',
  ),
  HH1601: entry(
    'The connection to the target was lost',
    'The server ended, the probe was unplugged, or the board lost power.',
    'What was captured is kept; look at the server.',
  ),
  HH1602: entry('QEMU was stopped', 'It ended while it was needed.', 'Run the capture again.'),
  HH1701: entry('gdb refused a command', 'The message holds its reason.', 'Run with -vv to see the dialogue.'),
  HH1702: entry('gdb does not answer', 'It waits for a stuck server.', 'Check the probe and the server.'),
  HH1703: entry('gdb ended', 'It crashed or was killed.', 'What was captured is kept; run with -vv.'),
  HH1801: entry(
    'No gdb was found',
    'None is installed, or the named one does not run.',
    'Debian, Ubuntu: sudo apt-get install gdb-multiarch. macOS: brew install arm-none-eabi-gdb. Windows: winget install Arm.GnuArmEmbeddedToolchain.',
    'Name one with --gdb or HARVEST_GDB.',
  ),
  HH1803: entry(
    'QEMU cannot be run',
    'It is not installed.',
    'Debian, Ubuntu: sudo apt-get install qemu-system-arm. macOS: brew install qemu. Windows: winget install SoftwareFreedomConservancy.QEMU.',
  ),
  HH1804: entry(
    'The compiler of the example firmware cannot be run',
    'It is not installed.',
    'Debian, Ubuntu: sudo apt-get install gcc-arm-none-eabi make. macOS: brew install --cask gcc-arm-embedded. Windows: winget install Arm.GnuArmEmbeddedToolchain.',
    'For --arch riscv: sudo apt-get install gcc-riscv64-unknown-elf qemu-system-misc.',
  ),
  HH1805: entry(
    'The example firmware does not build',
    'make failed; its message is shown.',
    'Check the compiler: `harvest doctor`.',
  ),
  HH1806: entry(
    'A program cannot be started',
    'No file descriptors are left for its pipes.',
    'Raise the limit (ulimit -n 256), or close what holds many files open.',
  ),
  HH2200: entry(
    "The order of the debug server's registers is not known",
    'The core has register windows (ESP32, ESP32-S2, ESP32-S3), and the server describes no registers: only their number tells which they are.',
    "Use Espressif's OpenOCD, a mainline OpenOCD newer than 0.12, or ESP-IDF's gdbstub; say in an issue which server it is.",
  ),
  HH2201: entry(
    "The debug server's registers contradict each other",
    'They were taken for those of another core, or the link is disturbed.',
    'Check that the board and the ELF file are for the same chip, and the link.',
  ),
  HH2202: entry(
    'A function has no register window of its own',
    'It is assembly code that does not begin with `entry`: where its arguments are is not known.',
    'Name the function in C that calls it, with --hook.',
  ),
  HH2203: entry(
    'No gdb is known to follow this core',
    'The frames of a core with register windows were never compared with any gdb.',
    'Capture with --engine direct, which is what `auto` does here.',
  ),
  HH2261: entry(
    'The target stopped where it is not dumped',
    'A fault that the debug server catches, a breakpoint instruction in the program, or somebody else who halted it.',
    'The dumps until then are there. See on its console or in gdb why it stops at the place that is named.',
  ),
  HH2250: entry(
    'The one-write mode does not work on this core',
    'It leaves the log function by a return instruction, which on a core with register windows returns from the caller as long as `entry` has not run.',
    'Capture without --one-write.',
  ),
};
