"""The call tree in plain Python, on the file that test/bench/trace-file.ts writes: what analysis-bench compares with.

Prints one line: milliseconds of CPU time for the analysis (reading the file is not counted), peak memory in MiB, live bytes.
"""
import array
import json
import resource
import struct
import sys
import time


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<I", file.read(4))
        header = json.loads(file.read(length))
        file.seek(-(4 + length) % 8, 1)

        def column(code, count):
            values = array.array(code)
            values.fromfile(file, count)
            file.seek(-(values.itemsize * count) % 8, 1)
            return values

        n = header["rest"]["eventCount"]
        address, size, stack, kind = column("d", n), column("d", n), column("i", n), column("B", n)
        parent, frame = column("i", header["stacks"]), column("i", header["stacks"])
        f = header["frames"]
        column("d", f)
        name, source, line = column("i", f), column("i", f), column("i", f)
    return header["rest"]["strings"], (address, size, stack, kind), (parent, frame), (name, source, line)


class Node:
    __slots__ = ("children", "count", "bytes")

    def __init__(self):
        self.children = {}
        self.count = 0
        self.bytes = 0


def call_tree(strings, events, stacks, frames):
    live = {}
    for address, size, stack, kind in zip(*events):
        if kind == 0:
            live[address] = (size, stack)
        elif kind in (1, 2):
            live.pop(address, None)
    parent, frame = stacks
    name, source, line = frames
    places = [("%s:%d" % (strings[source[i]], line[i]), strings[name[i]]) for i in range(len(line))]
    root = Node()
    for size, stack in live.values():
        path = []
        while stack >= 0:
            path.append(places[frame[stack]])
            stack = parent[stack]
        node = root
        node.count += 1
        node.bytes += size
        for place in reversed(path):
            child = node.children.get(place)
            if child is None:
                child = node.children[place] = Node()
            node = child
            node.count += 1
            node.bytes += size
    return root


data = read(sys.argv[1])
start = time.process_time()
tree = call_tree(*data)
elapsed = (time.process_time() - start) * 1000
print("%.1f %.1f %d" % (elapsed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, tree.bytes))
