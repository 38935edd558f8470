"""`make bench`: every measurement, or those named on the command line, one after another.

python -m benchmarks                      all, each with its own defaults
python -m benchmarks launch joins         some
python -m benchmarks joins --joins 10000  one, with arguments of its own
"""

import importlib
import sys
from typing import Final

ALL: Final = {
    "launch": "benchmarks.launch",
    "broadcast": "benchmarks.broadcast",
    "fanout": "benchmarks.fanout",
    "crowd": "benchmarks.crowd.run",
    "joins": "benchmarks.joins",
    "connect": "benchmarks.connect",
    "flood": "benchmarks.flood",
    "network": "benchmarks.network.run",
}


def main() -> None:
    """Run the chosen benchmarks; each prints its own table. Options go to the one that is named alone."""
    asked = sys.argv[1:]
    named = asked.index(first) if (first := next((a for a in asked if a.startswith("-")), "")) else len(asked)
    chosen, options = asked[:named] or list(ALL), asked[named:]
    unknown = sorted(set(chosen) - set(ALL))
    if unknown:
        sys.exit(f"benchmarks: {unknown[0]} is not one of {', '.join(ALL)}")
    if options and len(chosen) > 1:
        sys.exit("benchmarks: options need one benchmark by name")
    for name in chosen:
        sys.argv[1:] = options
        importlib.import_module(ALL[name]).main(*([options] if options else []))
        print()


if __name__ == "__main__":
    main()
