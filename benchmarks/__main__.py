"""`make bench`: every measurement, or those named on the command line, one after another."""

import importlib
import sys

ALL = ("launch", "broadcast", "fanout")


def main() -> None:
    """Run the chosen benchmarks; each prints its own table."""
    chosen = sys.argv[1:] or ALL
    unknown = sorted(set(chosen) - set(ALL))
    if unknown:
        sys.exit(f"benchmarks: {unknown[0]} is not one of {', '.join(ALL)}")
    for name in chosen:
        sys.argv[1:] = []  # each has arguments of its own, for when it is run alone
        importlib.import_module(f"benchmarks.{name}").main()
        print()


if __name__ == "__main__":
    main()
