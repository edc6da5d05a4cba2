# A longer workload of probes: what else a script can be doing where it allocates.
import io
import sys

import vfs
from probes_kit import raise_here


def traced(function):
    def wrapper(*args, **more):
        result = function(*args, **more)
        return result

    return wrapper


@traced
def decorated(size, times=1):
    for i in range(times):
        raise_here(size + i)


def three_deep(size):
    total = 0

    def second():
        nonlocal total
        total += size

        def third(more):
            return raise_here(total + more)

        return third

    return second()(0)


class Base:
    kind = "base"

    @classmethod
    def make(cls, size):
        return cls(size)

    def __init__(self, size):
        self.size = size

    def __getitem__(self, index):
        return raise_here(self.size + index)

    def __call__(self, *args):
        return self[len(args)]

    def __add__(self, other):
        return self(other)

    def __contains__(self, item):
        return self + item

    def __iter__(self):
        return self

    def __next__(self):
        return 1 in self


class Lazy(Base):
    def __getattr__(self, name):
        for value in self:
            return value


def body(size):
    class Made:
        first = 1
        second = raise_here(size)

    return Made


def thrown():
    while True:
        try:
            yield 1
        except ValueError as error:
            raise_here(error.args[0])


def throw(size):
    generator = thrown()
    next(generator)
    generator.throw(ValueError(size))


def closing(size):
    try:
        yield 1
    finally:
        raise_here(size)


def close(size):
    generator = closing(size)
    next(generator)
    generator.close()


def nested_handlers(size):
    for i in range(3):
        try:
            try:
                if i < 2:
                    continue
                raise KeyError(i)
            finally:
                i += 1
        except KeyError:
            try:
                int("x")
            except ValueError as error:
                raise_here(size)


def even(n, size):
    if n == 0:
        return raise_here(size)
    return odd(n - 1, size)


def odd(n, size): return even(n - 1, size)


def through_c(depth, size):
    if depth == 0:
        raise_here(size)
    return max([depth], key=lambda v: through_c(v - 1, size))


class Context:
    def __init__(self, size):
        self.size = size

    async def __aenter__(self):
        return self

    async def __aexit__(self, *args):
        await step()
        raise_here(self.size)

    def __aiter__(self):
        return self

    async def __anext__(self):
        await step()
        return self.size


class step:
    left = 1

    def __iter__(self):
        return self

    def __next__(self):
        if self.left == 0:
            raise StopIteration
        self.left -= 1

    __await__ = __iter__


async def using(size):
    async with Context(size) as context:
        await step()


async def following(size):
    async for value in Context(size):
        await last(value)


async def last(size):
    await step()
    return raise_here(size)


def run(coroutine):
    while True:
        coroutine.send(None)


class Files:
    # A file system in memory.
    def __init__(self, files):
        self.files = files

    def mount(self, readonly, mkfs):
        pass

    def stat(self, path):
        if path.lstrip("/") not in self.files:
            raise OSError(2)
        return (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def open(self, path, mode):
        return io.BytesIO(self.files[path.lstrip("/")])


def load(size):
    import stored_bytes

    if "/files" not in sys.path:
        vfs.mount(Files({"stored.mpy": stored_bytes.data}), "/files")
        sys.path.append("/files")
    import stored

    stored.walk(size)


def probes(attempt):
    attempt(decorated, 1101)
    attempt(lambda: decorated(1102, times=2))
    attempt(three_deep, 1103)
    attempt(lambda: Base.make(1104)[1])
    attempt(lambda: Base(1106)(1, 2))
    attempt(lambda: Base(1108) + 1)
    attempt(lambda: 1 in Base(1109))
    attempt(lambda: list(Base(1110)))
    attempt(lambda: Lazy(1111).missing)
    attempt(body, 1113)
    attempt(throw, 1114)
    attempt(close, 1115)
    attempt(nested_handlers, 1116)
    attempt(even, 6, 1117)
    attempt(through_c, 3, 1118)
    attempt(lambda: {k: raise_here(1119) for k in "ab"})
    attempt(lambda: {raise_here(1120) for k in "ab"})
    attempt(lambda: sum(raise_here(1121) for k in "ab"))
    attempt(lambda: [[raise_here(1122 + j) for j in range(i)] for i in range(3)])
    attempt(lambda: list(filter(lambda v: raise_here(1123), [1])))
    attempt(run, using(1124))
    attempt(run, following(1125))
    attempt(lambda: __import__("kennel").walk(1126))
    attempt(lambda: eval("raise_here(1127)", {"raise_here": raise_here}))
    attempt(load, 1128)
    attempt(even, 16, 1129)
    attempt(lambda: (lambda *args, **more: raise_here(more["size"]))(*[1, 2], **{"size": 1130}))
    attempt(lambda: "%s" % raise_here(1131) if True else None)
