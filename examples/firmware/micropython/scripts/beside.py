# What the main thread does while another runs the script (VARIANT=threads): probes of its own.
import sys

from probes_kit import Probe, raise_here


def beside(rounds):
    for n in range(rounds):
        beside_probe(2000 + n)
        # At a jump the other thread has its turn.
        for i in range(8):
            pass


def beside_probe(size):
    try:
        raise_here(size)
    except Probe as error:
        print("PROBE", size)
        sys.print_exception(error)
        print("END")


beside(20)
