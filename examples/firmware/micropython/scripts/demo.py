# A small weather station: readings come in, some are kept for ever.
import gc
import station


def main():
    board = station.Station("roof")
    for hour in range(24):
        board.read(hour)
        board.report()
    gc.collect()
    print("demo:", len(board.history), "readings kept")


main()
