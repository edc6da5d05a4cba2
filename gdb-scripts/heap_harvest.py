"""Streams heap events from inside gdb: breaks on gc_log_change, walks the frames, goes on without a round trip to the host.

On its own:
    (gdb) target extended-remote :3333
    (gdb) hbreak pyexec_friendly_repl
    (gdb) source heap_harvest.py
    (gdb) continue

Settings, as convenience variables set before `source` (all optional):
    $hh_log         address of the log function (default: the symbol gc_log_change)
    $hh_code        address of code that never changes, for @X (default: the log function's)
    $hh_init        address of gc_init, to tell a new epoch (default: none)
    $hh_reset       address of the reset handler, to tell one where gc_init cannot (default: none)
    $hh_refusal     address of the function where refused requests end, its first argument the size: m_malloc_fail (default: none)
    $hh_area        address of the heap's variables, and
    $hh_area_bytes  how many bytes they span: read with the first event of an epoch (default: none), and with every
                    event where $hh_watch is not 0
    $hh_table, $hh_table_bytes, $hh_pool, $hh_pool_end   addresses of these variables: the table's place and length, and
                    where the blocks begin and end
    $hh_next, $hh_first   for a heap in several areas: addresses of the pointer to the next area, and of the first area itself
    $hh_attached    not 0: the heap is in use; its whole tables are shown with the first event
    $hh_max_events  stop after so many events, one more of a heap in several areas (default: 0, no limit)
    $hh_max_depth   frames kept of a backtrace (default: 128)

Lines written (fields in hexadecimal but for text; one line is one record):
    @F ID PC FLAGS LINE<tab>FUNCTION<tab>FILE   a frame, before its first use; FLAGS: 1 inlined, 2 signal, 4 tail call
    @M ADDRESS BYTES                            memory of the target (bytes as hexadecimal), before the event it belongs to:
                                                the heap's variables when they have changed, and of allocation tables
                                                what tells where a block lies and whether the heap began anew
    @E START LENGTH ID ID ...                   an event: arguments, then frame ids, innermost first; a last id - says that gdb could not
                                                go on, or that there are more frames than are kept
    @R SIZE ID ID ...                           a request was refused: its size, then frame ids as of an event
    @I I, @I R                                  gc_init, or the reset handler, was entered
    @L                                          the limit of events was reached; the target is stopped
    @X, @X A                                    memory does not read as it did at the start, or an answer of the server is not that to
                                                what was asked: the probe or the target is gone, or the server answered twice, whatever
                                                it says; the event is not written, the target is stopped
    @T HALTED P50 P95 P99 MAX                   after `python tell_times()`: for how long the target was halted at events in all, and
                                                at half, 95 %, 99 % and the longest of them, in microseconds
"""
import os
import signal
import sys
import time

import gdb

# gdb knows nothing of the folder that it sources a script from, and leaves nothing in it.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
from heap_reading import FrameIds, LinkCheck, ProgramCounter, StopTimes, Tables, setting

sys.dont_write_bytecode = written
sys.path.pop(0)

ARGUMENTS = {"arm": ("r0", "r1", "lr"), "riscv": ("a0", "a1", "ra")}


def architecture():
    name = gdb.selected_inferior().architecture().name()
    return "riscv" if name.startswith("riscv") else "arm"


class Hook(gdb.Breakpoint):
    """A hardware breakpoint that gdb does not speak of."""

    def __init__(self, address):
        super().__init__("*0x%x" % address, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True


class LogBreakpoint(Hook):
    """Stops nobody: it records the event, returns from the (effect-free) log function at once and lets the target run."""

    def __init__(self, address):
        super().__init__(address)
        self.frame_ids = FrameIds()
        self.registers = ARGUMENTS[architecture()]
        self.max_events = setting("max_events", 0)
        self.tables = Tables()
        self.link = LinkCheck(setting("code", address))
        self.pc = ProgramCounter(architecture())
        self.times = StopTimes()
        self.events = 0
        self.asked_to_stop = False

    def stop(self):
        since = time.perf_counter()
        try:
            return self.record()
        finally:
            self.times.add(time.perf_counter() - since)

    def record(self):
        frame = gdb.newest_frame()
        start, length, back = self.arguments(frame)
        lines = []
        heap_changed = self.tables.read(start, length, lines)
        ids = self.frame_ids.walk(frame.older(), lines)
        lines.append("@E %x %x %s\n" % (start, length, ids))
        if not self.link.is_sound((start, length, back, int(frame.read_register("sp"))), ids.rsplit(" ", 1)[-1], heap_changed):
            return gone()
        if not self.pc.set(back & ~1):
            return gone("A")
        # The event is complete only now: nothing is written of one that was cut short.
        return self.tell(lines)

    def refused(self):
        frame = gdb.newest_frame()
        size = self.arguments(frame)[0]
        lines = []
        self.tables.show_before(lines)
        ids = self.frame_ids.walk(frame.older(), lines)
        if not self.link.is_steady():
            return gone()
        lines.append("@R %x %s\n" % (size, ids))
        return self.tell(lines)

    def arguments(self, frame):
        return [int(frame.read_register(name)) & 0xFFFFFFFF for name in self.registers]

    def tell(self, lines):
        """Writes an event. Returns whether the target is to stay stopped."""
        gdb.write("".join(lines))
        self.events += 1
        if self.is_full():
            gdb.write("@L\n")
            return True
        return self.asked_to_stop

    def is_full(self):
        # In which area of a split heap the last block lies may show at the event behind it only.
        wanted = self.max_events + (1 if len(self.tables.found) > 1 else 0)
        return 0 < self.max_events and self.events >= wanted

    def ask_to_stop(self, *_):
        self.asked_to_stop = True


def gone(why=""):
    gdb.write("@X %s\n" % why)
    return True


class RefusalBreakpoint(Hook):
    """Tells a request that the heap refused, and lets the target run."""

    def __init__(self, address, log):
        super().__init__(address)
        self.log = log

    def stop(self):
        return self.log.refused()


class RestartBreakpoint(Hook):
    """Tells that the heap begins anew."""

    def __init__(self, address, log, which):
        super().__init__(address)
        self.log = log
        self.which = which

    def stop(self):
        self.log.tables.begin_epoch()
        gdb.write("@I %s\n" % self.which)
        return False


breakpoints = {}


def hit(address):
    """Does what a breakpoint would have done that was reached unseen: some servers tell an interrupt at the same moment alone."""
    breakpoints[address].stop()


def tell_times():
    """Writes how long the stops took; for the end of a capture."""
    for one in breakpoints.values():
        if isinstance(one, LogBreakpoint) and one.times.count > 0:
            gdb.write(one.times.line())


def install():
    address = setting("log", 0) or int(gdb.parse_and_eval("(unsigned long) &gc_log_change")) & ~1
    log = LogBreakpoint(address)
    # SIGINT while Python works is lost in gdb; SIGUSR1 asks for a stop at the next event.
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, log.ask_to_stop)
    breakpoints[address] = log
    for name, which in (("init", "I"), ("reset", "R")):
        at = setting(name, 0)
        if at:
            breakpoints[at] = RestartBreakpoint(at, log, which)
    refusal = setting("refusal", 0)
    if refusal:
        breakpoints[refusal] = RefusalBreakpoint(refusal, log)


install()
