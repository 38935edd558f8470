"""CPU per forwarded packet: our media worker against Janus VideoRoom, with the same clients in the same run.

    python -m benchmarks fanout [--subscribers 50,100] [--seconds 2.5] [--rounds 5]

One publisher (150 video packets of 1200 bytes and 50 audio packets a second) and N subscribers, all with real
ICE, DTLS and SRTP. All servers run at the same time, and are asked in turns: what disturbs the machine
disturbs all alike. Counted is the server's CPU time over the packets that arrived; on one machine the work of
delivering them is charged to the sender, for all servers alike.

The subscribers send the same to every server. One row more shows what our server pays for adapting to lines:
there they answer the transport-wide numbers that only we send.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.fanout_audience import TURN_SECONDS, Audience
from benchmarks.fanout_sides import Side, ours, theirs
from tests.support import janus
from tests.support.rtc_client import play

WARM_UP_SECONDS: Final = 0.7
DELIVERED: Final = 0.999
MOST_TRIES: Final = 4
"""A round in which more was lost is no steady state; it is measured again, so often at most."""
PYTHON: Final = "ours, pure Python"
ONE_BY_ONE: Final = "ours, fast path without GSO"
TRAINS: Final = "ours, fast path with GSO"
ADAPTING: Final = "the same, fed back to as by Chromium"
OURS: Final[Mapping[str, Mapping[str, str]]] = {
    PYTHON: {"LTI_ROOM_MEDIA_FAST_PATH": "off"},
    ONE_BY_ONE: {"LTI_ROOM_MEDIA_FAST_PATH": "required", "LTI_ROOM_MEDIA_TRAINS": "0"},
    TRAINS: {"LTI_ROOM_MEDIA_FAST_PATH": "required"},
    ADAPTING: {"LTI_ROOM_MEDIA_FAST_PATH": "required"},
}
JANUS: Final = "Janus, default"
JANUS_LOOPS: Final = f"Janus, event_loops={os.cpu_count() or 1}"


@dataclass(frozen=True)
class Measured:
    """One round of one server."""

    microseconds: float
    cores: float
    arrived: float


def cpu_seconds(pid: int) -> float:
    """Return a process's CPU time, ended threads included, to the nanosecond (`clock_getcpuclockid`)."""
    return time.clock_gettime(~pid << 3 | 2)


async def measure(side: Side, seconds: float) -> Measured:
    """Let the publisher send, warm up, then count whole: from a silence to a silence."""
    await play(side.publisher, side.streams, WARM_UP_SECONDS)
    await asyncio.sleep(2 * TURN_SECONDS)
    begun, cpu, sent, came = time.monotonic(), cpu_seconds(side.pid), side.sent, side.came
    await play(side.publisher, side.streams, seconds)
    took = time.monotonic() - begun
    await asyncio.sleep(2 * TURN_SECONDS)
    cpu, sent, came = cpu_seconds(side.pid) - cpu, side.sent - sent, side.came - came
    return Measured(cpu / max(1, came) * 1e6, cpu / took, came / (sent * len(side.watchers)))


async def run(subscribers: int, seconds: float, rounds: int, folder: Path) -> dict[str, list[Measured]]:
    """Start every server with its clients and measure them in turns."""
    audience = Audience()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(audience.close)
        sides: dict[str, Side] = {}
        for n, (name, more) in enumerate(OURS.items()):
            own = folder / f"ours{n}"
            own.mkdir()
            started = ours(subscribers, audience, own, more, feedback=name == ADAPTING)
            sides[name] = await stack.enter_async_context(started)
        for name, loops in {JANUS: 0, JANUS_LOOPS: os.cpu_count() or 1}.items() if janus.installed() else ():
            sides[name] = await stack.enter_async_context(theirs(subscribers, audience, folder, loops))
        results: dict[str, list[Measured]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, side in sides.items():
                results[name].append(await _steady(side, seconds))
        return results


async def _steady(side: Side, seconds: float) -> Measured:
    for _ in range(MOST_TRIES):
        measured = await measure(side, seconds)
        if measured.arrived >= DELIVERED:
            break
    return measured


def main(arguments: list[str] | None = None) -> None:
    """Measure every size and print a table and the goals for each."""
    parser = argparse.ArgumentParser(prog="benchmarks fanout", description=__doc__)
    parser.add_argument("--subscribers", default="50,100")
    parser.add_argument("--seconds", type=float, default=2.5)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments if arguments is not None else [])
    for subscribers in map(int, chosen.subscribers.split(",")):
        with tempfile.TemporaryDirectory(prefix="lti-room-bench-") as folder:
            results = uvloop.run(run(subscribers, chosen.seconds, chosen.rounds, Path(folder)))
        print(_table(results, subscribers), *_goals(results), "", sep="\n")
    if not janus.installed():
        print("Janus is not installed, so there is nothing to compare with: apt-get install janus")


def _cost(measured: list[Measured]) -> float:
    return statistics.median(each.microseconds for each in measured)


def _table(results: dict[str, list[Measured]], subscribers: int) -> str:
    peer = f" ({janus.version()})" if janus.installed() else ""
    head = f"{'server':<38}{'µs per packet: min':>20}{'median':>8}{'max':>8}{'cores':>8}{'arrived':>10}"
    lines = [
        f"Fan-out to {subscribers} subscribers, 200 packets/s in{peer}; load average {_load()}",
        head + (f"{'of default':>12}{'of better':>11}" if JANUS in results else ""),
    ]
    for name, measured in results.items():
        costs = [each.microseconds for each in measured]
        cores = statistics.median(each.cores for each in measured)
        line = f"{name:<38}{min(costs):>20.2f}{_cost(measured):>8.2f}{max(costs):>8.2f}{cores:>8.3f}"
        line += f"{min(each.arrived for each in measured):>10.2%}"
        if JANUS in results:
            line += (
                f"{_cost(measured) / _cost(results[JANUS]):>12.2f}{_cost(measured) / _better(results):>11.2f}"
            )
        lines.append(line)
    return "\n".join(lines)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _better(results: dict[str, list[Measured]]) -> float:
    return min(_cost(results[JANUS]), _cost(results[JANUS_LOOPS]))


def _goals(results: dict[str, list[Measured]]) -> list[str]:
    lines = [_goal(f"packets delivered by {name}", _least(results[name]), DELIVERED) for name in results]
    if JANUS in results:
        default, better = _cost(results[JANUS]), _better(results)
        lines += [
            _goal("pure Python, of the better Janus", _cost(results[PYTHON]) / better, 0.65),
            _goal("fast path, of the better Janus", _cost(results[TRAINS]) / better, 0.40),
            _goal("fast path, of Janus' default", _cost(results[TRAINS]) / default, 0.25),
        ]
    return [
        *lines,
        _goal("GSO, of the fast path without", _cost(results[TRAINS]) / _cost(results[ONE_BY_ONE]), 0.5),
    ]


def _least(measured: list[Measured]) -> float:
    return min(each.arrived for each in measured)


def _goal(what: str, value: float, wanted: float) -> str:
    """Say whether a goal is met; goals near 1 are shares to reach, the others are to stay below."""
    least = wanted > 0.9
    met = value >= wanted if least else value <= wanted
    return f"  {'ok ' if met else 'NOT'} {what}: {value:.4f}, {'at least' if least else 'at most'} {wanted}"


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
