"""What the crowd's counters make of packet numbers and times, and that draining sockets loses nothing."""

import socket
import time
from collections.abc import Iterator
from struct import pack

import pytest

from benchmarks.crowd.counting import Flow, Gaps, delivered
from benchmarks.crowd.drain import BATCH, HEAD, Drain, stamp_arrivals


def test_what_is_missing_shows_by_the_numbers_over_a_wrap() -> None:
    flow = Flow()
    for sequence in (65533, 65534, 65535, 0, 1, 4):
        flow.take(sequence, 0.0)
    assert (flow.came, flow.expected) == (6, 8)


def test_a_late_packet_counts_as_come() -> None:
    flow = Flow()
    for sequence in (10, 12, 11, 13):
        flow.take(sequence, 0.0)
    assert delivered([flow]) == (4, 4)


def test_counting_may_begin_anew_without_forgiving_what_is_missing_just_then() -> None:
    flow = Flow()
    for sequence in (1, 2, 3):
        flow.take(sequence, 0.0)
    flow.begin()
    assert delivered([flow]) == (0, 0)
    flow.take(6, 0.0)
    assert delivered([flow]) == (1, 3)


def test_gaps_are_told_by_share_length_and_the_longest() -> None:
    gaps = Gaps()
    flow = Flow(gaps)
    times = [1.0 + 0.02 * n for n in range(999)]
    for n, at in enumerate([*times, times[-1] + 0.3]):
        flow.take(n, at)
    assert gaps.number == 999
    assert gaps.share_within(0.06) == pytest.approx(998 / 999)
    assert gaps.longest == pytest.approx(0.3)
    assert 0.02 <= gaps.at(0.5) <= 0.021
    assert gaps.at(1.0) >= 0.3


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as by:
            to.bind(("127.0.0.1", 0))
            by.connect(to.getsockname())
            yield by, to


def _wait_for_stamps(by: socket.socket, to: socket.socket, drain: Drain) -> None:
    """Linux switches arrival times on a moment after it was asked; until then they are times of reading."""
    for _ in range(100):
        by.send(b"noted?")
        time.sleep(0.02)
        assert drain.read(to.fileno()) == 1
        if drain.arrived(0) < time.clock_gettime(time.CLOCK_REALTIME) - 0.01:
            return
    raise AssertionError("the kernel notes no times")


def test_draining_gives_every_head_and_when_it_came(pair: tuple[socket.socket, socket.socket]) -> None:
    by, to = pair
    drain = Drain()
    by.send(b"before the kernel notes times")
    time.sleep(0.05)
    assert drain.read(to.fileno()) == 1
    stamp_arrivals(to)
    _wait_for_stamps(by, to, drain)
    began = time.clock_gettime(time.CLOCK_REALTIME)
    for n in range(BATCH + 10):
        by.send(pack("!I", n) + bytes(1200))
    ended = time.clock_gettime(time.CLOCK_REALTIME)
    time.sleep(0.05)
    seen: list[int] = []
    times: list[float] = []
    while count := drain.read(to.fileno()):
        seen += [int.from_bytes(drain.heads[n * HEAD : n * HEAD + 4], "big") for n in range(count)]
        times += [drain.arrived(n) for n in range(count)]
    assert seen == list(range(BATCH + 10))
    assert times == sorted(times)
    assert began - 0.001 <= times[0]
    assert times[-1] <= ended + 0.02
