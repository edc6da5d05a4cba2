"""The peer of `harvest import` in the benchmark: plain Python that does the same work on a classic gdb log. It writes the lifespans
(allocation_history.json), the call tree as text and with all its figures as JSON, a summary with peak, counts and findings, and the
events with their backtraces in a compact file that can be read again."""
import json
import re
import struct
import sys
import zlib

FRAME = re.compile(r"#(\d+)\s+(?:(0x[0-9a-f]+) in )?(.*?) \(.*\) at (.*):(\d+)$")
VALUE = re.compile(r"\$\d+ = (0x[0-9a-f]+)")
HIDDEN = re.compile(r"(^|/)py/(gc|malloc)\.c$")


def events(lines):
    """Yields (values, frames) of each event; a line that begins with blanks belongs to the frame before it."""
    values, frames, pending = [], [], ""
    for line in lines:
        line = line.rstrip("\n")
        if pending and line.startswith(" "):
            pending += " " + line.lstrip()
            continue
        if pending:
            found = FRAME.match(pending)
            if found and found.group(1) != "0":
                frames.append((found.group(2) or "0x0", found.group(4) + ":" + found.group(5), found.group(3)))
            pending = ""
        if line.startswith("#"):
            pending = line
        elif line.startswith("Breakpoint "):
            if len(values) >= 2:
                yield values, frames
            values, frames = [], []
        elif line.startswith("$"):
            found = VALUE.match(line)
            if found:
                values.append(int(found.group(1), 16))
    if len(values) >= 2:
        yield values, frames


class Lifespans:
    def __init__(self):
        self.live, self.owner, self.done = {}, {}, []
        self.count = self.live_blocks = self.peak = 0
        self.peak_at = -1
        self.findings = {"unknown-free": 0, "overlap": 0}
        self.kinds = {"alloc": 0, "realloc": 0, "free": 0, "sweep": 0}

    def close(self, start, trace, cause):
        record = self.live.pop(start)
        for block in range(start, start + record["size"]):
            self.owner.pop(block, None)
        self.live_blocks -= record["size"]
        record.update(end_trace=trace, end_time=self.count, end_cause=cause)
        self.done.append(record)

    def event(self, start, length, trace):
        known = start in self.live
        if length == 0:
            cause = "sweep" if any(frame[2].startswith("gc_sweep") for frame in trace) else "free"
            self.kinds[cause] += 1
            if known:
                self.close(start, trace, cause)
            else:
                self.findings["unknown-free"] += 1
        else:
            self.kinds["realloc" if known else "alloc"] += 1
            if known:
                self.close(start, trace, "realloc")
            for block in range(start, start + length):
                other = self.owner.get(block)
                if other is not None:
                    self.findings["overlap"] += 1
                    self.close(other, [], "implied")
            for block in range(start, start + length):
                self.owner[block] = start
            self.live[start] = {"start_block": start, "size": length, "start_trace": trace, "start_time": self.count}
            self.live_blocks += length
            if self.live_blocks > self.peak:
                self.peak, self.peak_at = self.live_blocks, self.count
        self.count += 1

    def finish(self):
        for record in self.live.values():
            record.update(end_trace="", end_time=self.count)
            self.done.append(record)


class Store:
    """The events as columns; backtraces as nodes of a tree, each a frame and its caller's node."""

    def __init__(self):
        self.frames, self.nodes, self.events = {}, {}, []

    def event(self, start, length, trace):
        node = -1
        for frame in reversed(trace):
            key = (node, self.frames.setdefault(frame, len(self.frames)))
            node = self.nodes.setdefault(key, len(self.nodes))
        self.events.append((start, length, node))

    def write(self, path):
        parts = [json.dumps(list(self.frames)).encode()]
        parts += [struct.pack("<%di" % len(column), *column) for column in zip(*self.nodes)]
        parts += [struct.pack("<%di" % len(column), *column) for column in zip(*self.events)]
        with open(path, "wb") as file:
            for part in parts:
                file.write(struct.pack("<II", len(part), zlib.crc32(part)) + part)


def call_tree(records, peak_at, allocations):
    """A node: [figures, children]; figures: count, blocks and bytes alive at the end, at the peak, in all, and temporary."""
    root = [[0] * 12, {}]
    for record in records:
        start, end, size = record["start_time"], record["end_time"], record["size"]
        alive = record["end_trace"] == ""
        at_peak = start <= peak_at and (alive or end > peak_at)
        after = allocations.get(start)
        temporary = not alive and (after is None or end <= after)
        nodes = [root]
        for _, location, name in reversed(record["start_trace"]):
            if HIDDEN.search(location.rsplit(":", 1)[0]):
                break
            nodes.append(nodes[-1][1].setdefault((location, name), [[0] * 12, {}]))
        for figures, _ in nodes:
            for offset, counts in ((0, alive), (3, at_peak), (6, True), (9, temporary)):
                if counts:
                    figures[offset] += 1
                    figures[offset + 1] += size
                    figures[offset + 2] += size * 16
    return root


def text_of(node, depth, lines):
    for (location, name), child in sorted(node[1].items()):
        if child[0][1]:
            lines.append("%s%s %s %d blocks" % ("  " * depth, location, name, child[0][1]))
            text_of(child, depth + 1, lines)
    return lines


def json_of(key, node):
    figures = {
        what: dict(zip(("count", "units", "bytes"), node[0][at : at + 3]))
        for at, what in ((0, "live"), (3, "peak"), (6, "total"), (9, "temporary"))
    }
    children = [json_of(child_key, child) for child_key, child in sorted(node[1].items())]
    return {"location": key[0], "functionName": key[1], **figures, "children": children}


def main():
    log_path, out = sys.argv[1], sys.argv[2]
    spans, store = Lifespans(), Store()
    starts = []
    with open(log_path, encoding="utf-8") as log:
        for values, trace in events(log):
            if values[1]:
                starts.append(spans.count)
            spans.event(values[0], values[1], trace)
            store.event(values[0], values[1], trace)
    spans.finish()
    tree = call_tree(spans.done, spans.peak_at, dict(zip(starts, starts[1:])))
    with open(out, "w", encoding="utf-8") as file:
        json.dump(spans.done, file)
    with open(out + ".tree.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(text_of(tree, 0, []) + ["%d total blocks" % tree[0][1]]) + "\n")
    with open(out + ".tree.json", "w", encoding="utf-8") as file:
        json.dump(json_of(("", ""), tree), file)
    store.write(out + ".events")
    summary = {"events": spans.count, "peak": spans.peak, "peakSeq": spans.peak_at, **spans.kinds, **spans.findings}
    summary["live"] = len(spans.live)
    with open(out + ".summary.json", "w", encoding="utf-8") as file:
        json.dump(summary, file, indent=2)


main()
