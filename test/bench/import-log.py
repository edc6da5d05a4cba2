"""The peer of `harvest import` in the benchmark: reads a classic gdb log and writes the lifespans and the tree, plainly."""
import json
import re
import sys

FRAME = re.compile(r"#(\d+)\s+(?:(0x[0-9a-f]+) in )?(.*?) \(.*\) at (.*):(\d+)$")
VALUE = re.compile(r"\$\d+ = (0x[0-9a-f]+)")


def events(lines):
    values, frames = [], []
    for line in lines:
        if line.startswith("Breakpoint "):
            if len(values) >= 2:
                yield values, frames
            values, frames = [], []
        elif line.startswith("#"):
            found = FRAME.match(line)
            if found and found.group(1) != "0":
                frames.append((found.group(2) or "0x0", found.group(4) + ":" + found.group(5), found.group(3)))
        elif line.startswith("$"):
            found = VALUE.match(line)
            if found:
                values.append(int(found.group(1), 16))
    if len(values) >= 2:
        yield values, frames


def main():
    live, done, count = {}, [], 0
    with open(sys.argv[1], encoding="utf-8") as log:
        for (start, length), trace in ((v[:2], f) for v, f in events(log)):
            old = live.pop(start, None)
            if old is not None:
                cause = "realloc" if length else "sweep" if any(f[2].startswith("gc_sweep") for f in trace) else "free"
                old.update(end_trace=trace, end_time=count, end_cause=cause)
                done.append(old)
            if length:
                live[start] = {"start_block": start, "size": length, "start_trace": trace, "start_time": count}
            count += 1
    for record in live.values():
        record.update(end_trace="", end_time=count)
        done.append(record)
    tree = {}
    for record in done:
        if record["end_trace"] == "":
            node = tree
            for _, location, name in reversed(record["start_trace"]):
                entry = node.setdefault((location, name), [0, {}])
                entry[0] += record["size"]
                node = entry[1]
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump(done, out)

    def walk(node, depth, text):
        for (location, name), (size, children) in sorted(node.items()):
            text.append("%s%s %s %d blocks" % ("  " * depth, location, name, size))
            walk(children, depth + 1, text)
        return text

    with open(sys.argv[2] + ".tree", "w", encoding="utf-8") as out:
        out.write("\n".join(walk(tree, 0, [])))


main()
