class Probe(Exception):
    # Its bytearray is not printed: consoles without flow control lose what comes fast.
    def __repr__(self):
        return ""

    __str__ = __repr__


def raise_here(size):
    raise Probe(bytearray(size))
