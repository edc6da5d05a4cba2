# As ../scripts/probes.py, as much as fits into 10 KB of heap and 2 KB of stack. Compiled on the device.
import sys


class Probe(Exception):
    def __repr__(self):
        return ""

    __str__ = __repr__


def probe(size):
    raise Probe(bytearray(size))


def attempt(function, *args):
    try:
        function(*args)
    except Probe as error:
        print("PROBE", len(error.args[0]))
        sys.print_exception(error)
        print("END")


def recursion(depth, size):
    if depth == 0:
        probe(size)
    recursion(depth - 1, size)


class Shape:
    def __init__(self, size):
        self.side = 1
        self.area(
            size)

    def area(self, size):
        return self.side * probe(size)


def counting(n):
    for i in range(n):
        if i == n - 1:
            probe(400 + n)
        yield i


def consume(n):
    for value in counting(n):
        pass


def closure(size):
    def inner(one):

        return probe(size + one)

    inner(1)


def handler(size):
    try:
        {}["missing"]
    except KeyError:
        probe(size)


def far(size):
    x = 0
    # A long way to the next line: a line table of more than one step.































    y = [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x]
    return probe(size)


attempt(probe, 401)
attempt(recursion, 1, 402)
attempt(Shape, 403)
attempt(consume, 5)
attempt(closure, 405)
attempt(handler, 407)
attempt(far, 408)
attempt(lambda: [probe(409) for i in range(2)])
attempt(lambda: max([1], key=lambda v: probe(410)))
