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
    @X                                          memory does not read as it did at the start: the probe or the target is gone,
                                                whatever the server says; the event is not written, the target is stopped
    @T HALTED P50 P95 P99 MAX                   after `python tell_times()`: for how long the target was halted at events in all, and
                                                at half, 95 %, 99 % and the longest of them, in microseconds
"""
import math
import signal
import time

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


class Tables:
    """Reads what the host needs of the heap's own tables: nothing more of a heap in one area that restarts at gc_init."""

    WHOLE_BYTES = 8192
    VARIABLES = ("table", "table_bytes", "pool", "pool_end", "next")

    def __init__(self):
        names = ("area", "area_bytes", "watch", "first", *self.VARIABLES)
        self.at = {name: setting(name, 0) for name in names}
        self.attached = setting("attached", 0) != 0
        self.begin_epoch()

    def begin_epoch(self):
        self.shown = {}
        self.found = []
        self.live = {}

    def read(self, start, length, lines):
        """Writes what the host is to see before an event. Returns whether the heap's variables are others than at the event before."""
        at = self.at
        changed = False
        if not at["area"] or not at["table"]:
            return changed
        try:
            if at["watch"] or not self.shown:
                self.found = self.areas(lines)
                changed = len(lines) > 0
            reused = length > 0 and any(start + i in self.live for i in range(min(length, 65536)))
            if len(self.found) > 1 or reused or self.attached:
                self.show_tables(self.found, start, length, lines)
                self.attached = False
            self.follow(start, length)
        except gdb.error:
            # The host says what it could not see.
            pass
        return changed

    def areas(self, lines):
        """The tables of all areas, as (address, bytes)."""
        at = self.at
        found, seen, offset = [], set(), 0
        while offset is not None and len(found) < 64:
            where = at["area"] + offset
            content = memory(where, at["area_bytes"])
            # Between the variables lie others, which change with every event.
            words = {name: int.from_bytes(content[at[name] - at["area"] :][:4], "little") for name in self.VARIABLES if at[name]}
            if self.shown.get(where) != words:
                self.shown[where] = words
                lines.append("@M %x %s\n" % (where, content.hex()))
            found.append((words["table"], words["table_bytes"]))
            following = words.get("next", 0)
            offset = following - at["first"] if following and following not in seen else None
            seen.add(following)
        return found

    def show_tables(self, areas, start, length, lines):
        whole = self.attached or sum(size for _, size in areas) <= self.WHOLE_BYTES
        for table, size in areas:
            first = 0 if whole else start >> 2
            end = size if whole else min(size, ((start + length) >> 2) + 1)
            if end > first:
                lines.append("@M %x %s\n" % (table + first, memory(table + first, end - first).hex()))
        # Of the event before: whether its change is in this area.
        before = getattr(self, "before", start)
        self.before = start
        if not whole:
            for table, size in areas:
                if before >> 2 < size:
                    lines.append("@M %x %s\n" % (table + (before >> 2), memory(table + (before >> 2), 1).hex()))

    def show_before(self, lines):
        """What tells whether the change of the event before is in this area or in that one: there is no event that shows it."""
        before = getattr(self, "before", None)
        if before is None or len(self.found) < 2:
            return
        try:
            self.show_tables(self.found, before, 0, lines)
        except gdb.error:
            pass

    def follow(self, start, length):
        if length:
            self.live[start] = length
        else:
            self.live.pop(start, None)


def memory(address, length):
    return bytes(gdb.selected_inferior().read_memory(address, length))


class LinkCheck:
    """
    Some servers go on when their probe is gone: the last stop again and again, with the registers of the last one and memory
    full of zeros. What is odd of an event is a reason to read some code, which does not change.
    """

    def __init__(self, address):
        self.address = address
        self.code = self.read()
        self.roots = set()
        self.last = None

    def read(self):
        try:
            return memory(self.address, 4)
        except gdb.error:
            return None

    def is_sound(self, seen, root, heap_changed):
        odd = seen == self.last or root not in self.roots or heap_changed
        self.last = seen
        if not odd:
            return True
        self.roots.add(root)
        return self.read() == self.code


class StopTimes:
    """How long the stops took, from when gdb told the script to when the target may run on: percentiles in constant memory."""

    GROWTH = math.log(1.02)

    def __init__(self):
        self.bins = {}
        self.count = 0
        self.total = 0.0
        self.longest = 0.0

    def add(self, seconds):
        microseconds = max(seconds * 1e6, 1.0)
        number = int(math.log(microseconds) / self.GROWTH)
        self.bins[number] = self.bins.get(number, 0) + 1
        self.count += 1
        self.total += microseconds
        self.longest = max(self.longest, microseconds)

    def percentile(self, part):
        seen = 0
        for number in sorted(self.bins):
            seen += self.bins[number]
            if seen >= part * self.count:
                return min(self.longest, math.exp((number + 0.5) * self.GROWTH))
        return self.longest

    def line(self):
        figures = [self.total, *(self.percentile(part) for part in (0.5, 0.95, 0.99)), self.longest]
        return "@T %s\n" % " ".join("%x" % int(figure) for figure in figures)


class LogBreakpoint(gdb.Breakpoint):
    """Stops nobody: it records the event, returns from the (effect-free) log function at once and lets the target run."""

    def __init__(self, address):
        super().__init__("*0x%x" % address, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
        self.frame_ids = FrameIds()
        self.registers = ARGUMENTS[architecture()]
        self.max_events = setting("max_events", 0)
        self.max_depth = setting("max_depth", 128)
        self.tables = Tables()
        self.link = LinkCheck(setting("code", address))
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
        start, length, back = [int(frame.read_register(name)) & 0xFFFFFFFF for name in self.registers]
        lines = []
        heap_changed = self.tables.read(start, length, lines)
        seen = (start, length, back, int(frame.read_register("sp")))
        ids = self.walk(frame.older(), lines)
        lines.append("@E %x %x %s\n" % (start, length, ids))
        if not self.link.is_sound(seen, ids.rsplit(" ", 1)[-1], heap_changed):
            gdb.write("@X\n")
            return True
        # Fails where the link died meanwhile: gdb cuts the backtrace short then, as if its last frame had no caller.
        gdb.parse_and_eval("$pc = %d" % (back & ~1))
        # The event is complete only now: nothing is written of one that was cut short.
        gdb.write("".join(lines))
        self.events += 1
        if self.is_full():
            gdb.write("@L\n")
            return True
        return self.asked_to_stop

    def refused(self):
        frame = gdb.newest_frame()
        size = int(frame.read_register(self.registers[0])) & 0xFFFFFFFF
        lines = []
        self.tables.show_before(lines)
        ids = self.walk(frame.older(), lines)
        if not self.link.is_sound((size, int(frame.read_register("sp"))), ids.rsplit(" ", 1)[-1], False):
            gdb.write("@X\n")
            return True
        lines.append("@R %x %s\n" % (size, ids))
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


class RefusalBreakpoint(gdb.Breakpoint):
    """Tells a request that the heap refused, and lets the target run."""

    def __init__(self, address, log):
        super().__init__("*0x%x" % address, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
        self.log = log

    def stop(self):
        return self.log.refused()


class RestartBreakpoint(gdb.Breakpoint):
    """Tells that the heap begins anew."""

    def __init__(self, address, log, which):
        super().__init__("*0x%x" % address, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
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
