"""What heap_harvest.py reads of a stopped target: backtraces, the heap's own tables, whether memory still reads; and how long stops took."""
import math

import gdb

# Every other reason means that gdb could not go on.
REGULAR_ENDS = (gdb.FRAME_UNWIND_NO_REASON, gdb.FRAME_UNWIND_OUTERMOST)


def setting(name, default):
    value = gdb.convenience_variable("hh_" + name)
    return default if value is None else int(value)


class FrameIds:
    """Gives each distinct frame a number and describes it once. What a frame is follows from its pc and its neighbours."""

    def __init__(self):
        self.ids = {}
        self.max_depth = setting("max_depth", 128)

    def walk(self, frame, lines):
        """The ids of a backtrace, innermost first, as the host reads them."""
        ids = []
        inlined_depth = 0
        after_signal = False
        while frame is not None:
            if len(ids) >= self.max_depth:
                ids.append("-")
                break
            ids.append("%x" % self.of(frame, inlined_depth, after_signal, lines))
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


def answer_to(packet):
    """What the debug server answers to a packet of ours. None where it did not."""
    said = gdb.execute("maint packet " + packet, to_string=True).rpartition('received: "')[2]
    end = said.rfind('"')
    return said[:end] if end >= 0 else None


class ProgramCounter:
    """
    Sets the pc by a packet of its own, whose answer is looked at. gdb takes any answer to its own, and so a second one to a request that was
    answered twice: from there on each answer is taken for that to the next request, until gdb asks for the registers again, throws one away that
    are none, and says nothing of it all.
    """

    # Their numbers in the packets of all debug servers for these processors.
    NUMBERS = {"arm": 15, "riscv": 32}

    def __init__(self, architecture):
        self.number = self.NUMBERS[architecture]
        self.takes_packets = True

    def set(self, address):
        """Returns whether the server took it, and answered to this and nothing else."""
        if self.takes_packets:
            answer = answer_to("P%x=%s" % (self.number, address.to_bytes(4, "little").hex()))
            if answer == "OK":
                forget_registers()
                return True
            if answer != "":
                return False
            self.takes_packets = False
        # Fails where the link died meanwhile: gdb cuts the backtrace short then, as if its last frame had no caller.
        gdb.parse_and_eval("$pc = %d" % address)
        return True


def forget_registers():
    """gdb asks for them again."""
    try:
        gdb.execute("maint flush register-cache", to_string=True)
    except gdb.error:
        # Older gdbs call it so.
        gdb.execute("flushregs", to_string=True)


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
        """From the target itself: gdb reads code from the ELF file."""
        try:
            return answer_to("m%x,4" % self.address)
        except gdb.error:
            return None

    def is_steady(self):
        """Whether code reads as it did, and so the answers are those to what was asked."""
        return self.read() == self.code

    def is_sound(self, seen, root, heap_changed):
        odd = seen == self.last or root not in self.roots or heap_changed
        self.last = seen
        if not odd:
            return True
        self.roots.add(root)
        return self.is_steady()


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
