"""When a room is open, and for whom."""

import math

import pytest

from lti_room.base.errors import AppError
from lti_room.rooms.commands import SetSchedule
from lti_room.rooms.events import ScheduleSet
from lti_room.rooms.roles import Role
from lti_room.rooms.schedule import ALWAYS, Schedule, may_enter, planned
from lti_room.rooms.snapshot import decode, encode
from tests.support.rooms import NOW, a_host, a_moderator, a_room

TEN: float = 1_763_719_200.0
HOST, MODERATOR = a_host(), a_moderator()


@pytest.mark.parametrize(
    ("schedule", "now", "open_"),
    [
        (ALWAYS, TEN, True),
        (Schedule(TEN, None, 900.0), TEN - 901, False),
        (Schedule(TEN, None, 900.0), TEN - 900, True),
        (Schedule(TEN, TEN + 3600, 900.0), TEN + 7200, True),
        (Schedule(TEN, None, 0.0), TEN - 1, False),
        (Schedule(None, TEN, 900.0), TEN - 86400, True),
    ],
)
def test_attendees_come_in_from_a_while_before_the_start_on(
    schedule: Schedule, now: float, open_: bool
) -> None:
    assert may_enter(schedule, Role.ATTENDEE, now) is open_
    assert may_enter(schedule, Role.MODERATOR, now)
    assert may_enter(schedule, Role.HOST, now)


@pytest.mark.parametrize(
    ("start", "end"),
    [(TEN, TEN), (TEN, TEN - 1), (math.nan, None), (math.inf, None), (-1.0, None), (TEN * 1000, None)],
)
def test_what_is_no_schedule(start: float | None, end: float | None) -> None:
    with pytest.raises(AppError, match="after the start"):
        planned(start, end, 900.0)


def test_a_room_without_times_is_never_over() -> None:
    assert not ALWAYS.is_over(TEN)
    assert Schedule(TEN, None, 0.0).is_over(TEN + 1)
    assert not Schedule(TEN, TEN + 3600, 0.0).is_over(TEN + 1)


def test_a_host_plans_and_the_room_remembers() -> None:
    scene, by = a_room(), HOST.participant
    assert scene.do(SetSchedule(NOW + 60, None), HOST) == (ScheduleSet(NOW + 60, None, 900.0, by),)
    assert scene.do(SetSchedule(NOW + 60, None), HOST) == ()
    assert scene.room.schedule.opens_at == NOW + 60 - 900
    assert decode(encode(scene.room)) == scene.room
    assert scene.refusal(SetSchedule(None, None), MODERATOR) == ("not_allowed", {})
    scene.do(SetSchedule(None, None), HOST)
    assert scene.room.schedule.opens_at is None
