"""How soon somebody is connected and sees the first picture: real Chromium, the whole program, no detours.

    python -m benchmarks connect [--rounds 10]

Media goes over the machine's own outside address, the web over the loopback (browsers give cameras to secure
origins only). Counted in the page, from the moment it makes the peer connection: the offer, the way through
Socket.IO, web process, Redis and worker and back, ICE and DTLS. A newcomer's first picture counts from the
moment the page asks for the room.
"""

import argparse
import contextlib
import os
import socket
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from benchmarks.network.meeting import browser
from tests.support.person import Person
from tests.support.stack import Stack, free_port

ROUNDS: Final = 10
PUBLISH_MS: Final = 80.0
PICTURE_MS: Final = 300.0

_CONNECTED: Final = """(publishes) => __noted.connections
  .map(({times}) => times)
  .filter(({described, answered}) => answered !== null && described < answered === publishes)"""
"""Who publishes, offers: describes its own side first."""


@dataclass(frozen=True)
class Publish:
    """Milliseconds since the page made its connection."""

    answered: float
    connected: float


@dataclass(frozen=True)
class Newcomer:
    """Milliseconds since the page asked for the room."""

    connected: float
    picture: float


def main(arguments: list[str] | None = None) -> None:
    """Measure both and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks connect")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    with contextlib.ExitStack() as home:
        folder = Path(home.enter_context(tempfile.TemporaryDirectory(prefix="lti-room-bench-")))
        driver = home.enter_context(sync_playwright())
        address = own_address()
        settings = {"LTI_ROOM_MEDIA_BIND": f"{address}:{free_port(socket.SOCK_DGRAM)}"}
        stack = home.enter_context(Stack(folder, media=1, devlms=True, settings=settings))
        publisher = home.enter_context(browser(driver, stack, folder, port=0, shows=True))
        viewer = home.enter_context(browser(driver, stack, folder, port=0, shows=False))
        publishes = _publish(publisher, asked.rounds)
        newcomers = [_come(viewer) for _ in range(asked.rounds)]
    _print(address, publishes, newcomers)


def own_address() -> str:
    """Return the address this machine would use to reach others; the loopback if it has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: nothing is sent by connecting
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _publish(person: Person, rounds: int) -> list[Publish]:
    """Let the teacher go on the stage and leave it again, in one page."""
    person.launch("sakai", "instructor", where="window")
    person.enter_as_viewer()
    found = []
    for n in range(rounds):
        person.press("Join stage")
        person.goes_live()
        times = _connection(person, n, publishes=True)
        found.append(Publish(times["answered"] - times["made"], times["connected"] - times["made"]))
        if n + 1 < rounds:
            person.press("Leave stage")
    return found


def _come(person: Person) -> Newcomer:
    """Let a student come to watch, in a page of its own."""
    for page in person.context.pages[1:]:
        page.close()
    person.launch("sakai", "student1", where="window")
    person.enter_as_viewer()
    person.waits_until(lambda: person.room.evaluate("__noted.frames.length > 0"), "the first picture")
    times = _connection(person, 0, publishes=False)
    asked, picture = person.room.evaluate("[__noted.asked, __noted.frames[0][0]]")
    return Newcomer(times["connected"] - asked, picture - asked)


def _connection(person: Person, n: int, *, publishes: bool) -> dict[str, float]:
    """Wait until the n-th connection of a direction is connected; return its times."""

    def connected() -> dict[str, float] | None:
        made = person.room.evaluate(_CONNECTED, publishes)
        return dict(made[n]) if len(made) > n and made[n]["connected"] is not None else None

    person.waits_until(connected, "media is connected")
    found = connected()
    assert found is not None
    return found


def _print(address: str, publishes: list[Publish], newcomers: list[Newcomer]) -> None:
    print(f"Real Chromium on {address}, {len(publishes)} times each; milliseconds")
    print(f"{'':<44}{'least':>8}{'median':>8}{'most':>8}  goal")
    _row("publish: the answer is there", [each.answered for each in publishes])
    _row("publish: connected", [each.connected for each in publishes], PUBLISH_MS)
    _row("newcomer: connected", [each.connected for each in newcomers])
    _row("newcomer: first picture", [each.picture for each in newcomers], PICTURE_MS)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _row(name: str, values: list[float], goal: float | None = None) -> None:
    middle = statistics.median(values)
    verdict = "" if goal is None else f"median < {goal:.0f}: {'ok' if middle < goal else 'MISSED'}"
    print(f"{name:<44}{min(values):>8.0f}{middle:>8.0f}{max(values):>8.0f}  {verdict}".rstrip())


if __name__ == "__main__":
    main()
