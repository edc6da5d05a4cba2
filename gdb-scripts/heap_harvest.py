"""Streams heap events from inside gdb: breaks on gc_log_change, walks the frames, goes on without a round trip to the host.

On its own:
    (gdb) target extended-remote :3333
    (gdb) hbreak pyexec_friendly_repl
    (gdb) source heap_harvest.py
    (gdb) continue

Settings, as convenience variables set before `source` (all optional):
    $hh_log         address of the log function (default: the symbol gc_log_change)
    $hh_init        address of gc_init, to tell a new epoch (default: none)
    $hh_var0..3     addresses of four 32-bit variables to read with the first event of an epoch (default: none)
    $hh_max_events  stop after so many events (default: 0, no limit)
    $hh_max_depth   frames kept of a backtrace (default: 128)

Lines written (fields in hexadecimal but for text; one line is one record):
    @F ID PC FLAGS LINE<tab>FUNCTION<tab>FILE   a frame, before its first use; FLAGS: 1 inlined, 2 signal, 4 tail call
    @V W0 W1 W2 W3                              the words at $hh_var0.., before the first event of an epoch
    @E START LENGTH ID ID ...                   an event: arguments, then frame ids, innermost first; a last id - says that gdb could not
                                                go on, or that there are more frames than are kept
    @I                                          gc_init was entered
    @L                                          the limit of events was reached; the target is stopped
"""
import signal

import gdb

# Every other reason means that gdb could not go on.
REGULAR_ENDS = (gdb.FRAME_UNWIND_NO_REASON, gdb.FRAME_UNWIND_OUTERMOST)

ARGUMENTS = {"arm": ("r0", "r1", "lr"), "riscv": ("a0", "a1", "ra")}


def setting(name, default):
    value = gdb.convenience_variable("hh_" + name)
    return default if value is None else int(value)


def architecture():
    name = gdb.selected_inferior().architecture().name()
    return "riscv" if name.startswith("riscv") else "arm"


class FrameIds:
    """Gives each distinct frame a number and describes it once. What a frame is follows from its pc and its neighbours."""

    def __init__(self):
        self.ids = {}

    def of(self, frame, inlined_depth, after_signal, lines):
        kind = frame.type()
        key = (frame.pc(), kind, inlined_depth, after_signal)
        known = self.ids.get(key)
        if known is None:
            known = self.ids[key] = len(self.ids)
            lines.append(self.describe(known, frame, kind))
        return known

    def describe(self, number, frame, kind):
        flags = {gdb.INLINE_FRAME: 1, gdb.SIGTRAMP_FRAME: 2, gdb.TAILCALL_FRAME: 4}.get(kind, 0)
        place = frame.find_sal()
        path = place.symtab.filename if place.symtab else ""
        name = frame.name() or ""
        line = place.line if place.symtab else 0
        return "@F %x %x %x %x\t%s\t%s\n" % (number, frame.pc(), flags, line, clean(name), clean(path))


def clean(text):
    return text.replace("\t", " ").replace("\n", " ")


class LogBreakpoint(gdb.Breakpoint):
    """Stops nobody: it records the event, returns from the (effect-free) log function at once and lets the target run."""

    def __init__(self, address):
        super().__init__("*0x%x" % address, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
        self.frame_ids = FrameIds()
        self.registers = ARGUMENTS[architecture()]
        self.max_events = setting("max_events", 0)
        self.max_depth = setting("max_depth", 128)
        self.variables = [setting("var%d" % i, 0) for i in range(4)]
        self.new_epoch = True
        self.events = 0
        self.asked_to_stop = False

    def stop(self):
        frame = gdb.newest_frame()
        start, length, back = [int(frame.read_register(name)) & 0xFFFFFFFF for name in self.registers]
        lines = []
        if self.new_epoch:
            self.new_epoch = False
            self.read_variables(lines)
        lines.append("@E %x %x %s\n" % (start, length, self.walk(frame.older(), lines)))
        # The event is complete only now: nothing is written of one that an interrupt cut short.
        gdb.write("".join(lines))
        gdb.parse_and_eval("$pc = %d" % (back & ~1))
        self.events += 1
        if self.events == self.max_events:
            gdb.write("@L\n")
            return True
        return self.asked_to_stop

    def ask_to_stop(self, *_):
        self.asked_to_stop = True

    def walk(self, frame, lines):
        ids = []
        inlined_depth = 0
        after_signal = False
        while frame is not None:
            if len(ids) >= self.max_depth:
                ids.append("-")
                break
            ids.append("%x" % self.frame_ids.of(frame, inlined_depth, after_signal, lines))
            kind = frame.type()
            inlined_depth = inlined_depth + 1 if kind == gdb.INLINE_FRAME else 0
            after_signal = kind == gdb.SIGTRAMP_FRAME or (after_signal and kind == gdb.INLINE_FRAME)
            try:
                older = frame.older()
                if older is None and frame.unwind_stop_reason() not in REGULAR_ENDS:
                    ids.append("-")
                frame = older
            except gdb.error:
                ids.append("-")
                break
        return " ".join(ids)

    def read_variables(self, lines):
        if 0 in self.variables:
            return
        inferior = gdb.selected_inferior()
        words = [int.from_bytes(bytes(inferior.read_memory(at, 4)), "little") for at in self.variables]
        lines.append("@V %x %x %x %x\n" % tuple(words))


class InitBreakpoint(gdb.Breakpoint):
    """Tells that the heap begins anew."""

    def __init__(self, address, log):
        super().__init__("*0x%x" % address, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
        self.log = log

    def stop(self):
        self.log.new_epoch = True
        gdb.write("@I\n")
        return False


def install():
    address = setting("log", 0) or int(gdb.parse_and_eval("(unsigned long) &gc_log_change")) & ~1
    log = LogBreakpoint(address)
    # SIGINT while Python works is lost in gdb; SIGUSR1 asks for a stop at the next event.
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, log.ask_to_stop)
    init = setting("init", 0)
    if init:
        InitBreakpoint(init, log)


install()
