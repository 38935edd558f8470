"""Packets that wait for each other: until the frame's last, but never longer than two milliseconds."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from lti_room.media.sfu.forwarding.batch import FEWEST_ROWS, HOLD_SECONDS, MOST_PACKETS, Batch
from lti_room.media.sfu.forwarding.fanout import Outgoing, Rows
from tests.support.fanned import picture


class Timer:
    """A call that is due, or was taken back."""

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self.seconds, self.call = seconds, call
        self.cancelled = False

    def cancel(self) -> None:
        """Take it back."""
        self.cancelled = True


class Scene:
    """A batch, what it sent, and its timers."""

    def __init__(self, *, trains: bool = True) -> None:
        self.sent: list[tuple[Any, list[int]]] = []
        self.timers: list[Timer] = []
        self.batch = Batch(self._send, self._later, trains=trains)

    def add(self, rows: tuple[str, ...], number: int, *, marker: bool = False) -> None:
        """Add the packet with a number."""
        self.batch.add(cast(Rows, rows), picture(number, 20, marker=marker))

    def _send(self, rows: Rows, packets: Sequence[Outgoing]) -> None:
        self.sent.append((rows, [packet.sequence for packet in packets]))

    def _later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(seconds, call))
        return self.timers[-1]


MANY = tuple(f"row {n}" for n in range(FEWEST_ROWS))
OTHERS = tuple(f"other {n}" for n in range(FEWEST_ROWS))


def test_a_frame_leaves_with_its_last_packet() -> None:
    scene = Scene()
    for number in range(3):
        scene.add(MANY, number)
    assert scene.sent == []
    scene.add(MANY, 3, marker=True)
    assert scene.sent == [(MANY, [0, 1, 2, 3])]
    assert [timer.cancelled for timer in scene.timers] == [True]


def test_what_waits_leaves_in_time_without_the_last_packet() -> None:
    scene = Scene()
    scene.add(MANY, 0)
    scene.add(MANY, 1)
    assert [timer.seconds for timer in scene.timers] == [HOLD_SECONDS]
    scene.timers[0].call()
    assert scene.sent == [(MANY, [0, 1])]
    scene.add(MANY, 2)
    assert len(scene.timers) == 2
    scene.timers[1].call()
    assert scene.sent[1:] == [(MANY, [2])]


def test_other_rows_let_what_waits_leave_first() -> None:
    scene = Scene()
    scene.add(MANY, 0)
    scene.add(OTHERS, 1, marker=True)
    scene.add(MANY, 2)
    scene.add(("alone",), 3)
    assert scene.sent == [(MANY, [0]), (OTHERS, [1]), (MANY, [2]), (("alone",), [3])]


def test_a_keyframe_does_not_wait_without_end() -> None:
    scene = Scene()
    for number in range(MOST_PACKETS + 1):
        scene.add(MANY, number)
    assert [len(numbers) for _, numbers in scene.sent] == [MOST_PACKETS]


@pytest.mark.parametrize(("trains", "rows"), [(False, MANY), (True, MANY[1:])])
def test_nothing_waits_where_nothing_is_gained(trains: bool, rows: tuple[str, ...]) -> None:
    scene = Scene(trains=trains)
    scene.add(rows, 0)
    scene.add(rows, 1)
    assert scene.sent == [(rows, [0]), (rows, [1])]
    assert scene.timers == []


def test_flushing_nothing_sends_nothing() -> None:
    scene = Scene()
    scene.batch.flush()
    assert scene.sent == []
