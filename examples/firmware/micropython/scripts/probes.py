# Each probe allocates a bytearray of its own size and raises in the same line; whoever catches prints the traceback: the interpreter's own word
# on where the script was.
import sys

import probes_more
from probes_kit import Probe


def probe(size):
    raise Probe(bytearray(size))


def attempt(function, *args):
    try:
        function(*args)
    except Probe as error:
        print("PROBE", len(error.args[0]))
        sys.print_exception(error)
        print("END")
    except Exception as error:
        print("NO PROBE")
        sys.print_exception(error)


def recursion(depth, size):
    if depth == 0:
        probe(size)
    recursion(depth - 1, size)


class Shape:
    def __init__(self, size):
        self.side = 4
        self.area(
            size)

    def area(self, size):
        return self.side * probe(size)

    @property
    def colour(self):
        return probe(1011)

    @staticmethod
    def of(size):
        return Shape(size)

    def __len__(self):
        return probe(1013)


class Plain(Shape):
    def __init__(self):
        self.side = 1


class Square(Shape):
    def __init__(self, size):
        x = 1

        super().__init__(size)


def counting(n):
    for i in range(n):
        if i == n - 1:
            probe(1000 + n)
        yield i


def delegating(n):
    yield 0
    yield from counting(n)


def consume(generator):
    total = 0
    for value in generator:
        total += value
    return total


def closure(size):
    offset = size - 1

    def inner(one):

        return probe(offset + one)

    return inner


def comprehension(size):
    return [
        probe(size) if i == 2 else i
        for i in range(4)
    ]


def sorting(size):
    return sorted([3, 1, 2], key=lambda v: probe(size))


def handler(size):
    try:
        {}["missing"]
    except KeyError:
        probe(size)


def cleanup(size):
    try:
        pass
    finally:
        probe(size)


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *args):
        probe(1041)


def managed():
    with Manager() as m:
        pass


def keywords(a, b=2, *rest, size=0, **more):
    x = {a: b}
    for name in more:
        probe(size)


async def task(size):
    await sleep(1)
    probe(size)


class sleep:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1

    __await__ = __iter__


def loop(coroutine):
    while True:
        coroutine.send(None)


def far(size):
    x = 0
    # A long way to the next line: a line table of more than one step.































    y = [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x]
    z = (x + 1) * (x + 2) * (x + 3) * (x + 4) * (x + 5) * (x + 6) * (x + 7) * (x + 8) * (x + 9) * (x + 10) * (x + 11)
    return probe(size)


def run_source(size):
    # Compiled on the device: bytecode, names and line table lie in the heap.
    names = {"probe": probe}
    exec("def compiled_here(n):\n    a = 1\n\n    probe(n)\n\ncompiled_here(%d)\n" % size, names)


def main():
    attempt(probe, 1001)
    attempt(recursion, 0, 1002)
    attempt(recursion, 7, 1003)
    attempt(Shape, 1004)
    attempt(Square, 1005)
    attempt(Shape.of, 1006)
    attempt(lambda: Plain().colour)
    attempt(lambda: len(Plain()))
    attempt(consume, counting(21))
    attempt(consume, delegating(22))
    attempt(closure(1031), 1)
    attempt(comprehension, 1032)
    attempt(sorting, 1033)
    attempt(lambda: list(map(lambda v: probe(1034), [1])))
    attempt(handler, 1035)
    attempt(cleanup, 1036)
    attempt(managed)
    attempt(lambda: keywords(1, 2, 3, size=1042, q=1))
    attempt(loop, task(1043))
    attempt(far, 1044)
    attempt(run_source, 1045)
    attempt(lambda: __import__("imported"))
    probes_more.probes(attempt)


main()
