"""What is written down of a session, in a real Redis."""

import pytest

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.rooms.attendance import Attendee, Kind, Lesson, Rules, Scoring, Status, Stay
from lti_room.usecases.grading.attendance import Attendance, Choice

ROOM = RoomId("r_biology")
MONDAY, TUESDAY = SessionId("s_monday"), SessionId("s_tuesday")
NOAH, ELENA = ParticipantId("p_noah"), ParticipantId("p_elena")
T = 1_800_000_000.0
GAP = 30.0


@pytest.fixture
def attendance(redis: Redis) -> Attendance:
    return Attendance(redis, GAP)


def came(attendance: Attendance, at: float, who: ParticipantId = NOAH, kind: Kind = Kind.LEARNER) -> None:
    attendance.came(ROOM, MONDAY, T, who, kind, T + at)


def record(attendance: Attendance, session: SessionId = MONDAY) -> dict[ParticipantId, Attendee]:
    return dict(attendance.records(ROOM, [session])[session].people)


def stays(attendance: Attendance) -> list[tuple[float, float | None]]:
    found = record(attendance)[NOAH].stays
    return [(one.start - T, None if one.until is None else one.until - T) for one in found]


def test_a_stay_is_from_entering_to_the_last_connection_gone(attendance: Attendance) -> None:
    came(attendance, 10)
    assert stays(attendance) == [(10, None)]
    attendance.went(ROOM, NOAH, T + 100)
    assert stays(attendance) == [(10, 100)]


def test_several_tabs_count_once(attendance: Attendance) -> None:
    came(attendance, 10)
    came(attendance, 20)
    assert stays(attendance) == [(10, None)]


def test_a_gap_shorter_than_the_kept_seat_does_not_count(attendance: Attendance) -> None:
    came(attendance, 0)
    attendance.went(ROOM, NOAH, T + 100)
    came(attendance, 130)
    assert stays(attendance) == [(0, None)]
    attendance.went(ROOM, NOAH, T + 200)
    came(attendance, 231)
    assert stays(attendance) == [(0, 200), (231, None)]


def test_going_twice_or_without_having_come_changes_nothing(attendance: Attendance) -> None:
    attendance.went(ROOM, NOAH, T)
    came(attendance, 0)
    attendance.went(ROOM, NOAH, T + 100)
    attendance.went(ROOM, NOAH, T + 500)
    assert stays(attendance) == [(0, 100)]


def test_a_process_that_died_before_its_next_heartbeat_ends_no_stay_before_it_began(
    attendance: Attendance,
) -> None:
    came(attendance, 10)
    attendance.went(ROOM, NOAH, T + 7)
    assert stays(attendance) == [(10, 10)]


def test_the_end_of_a_session_ends_every_stay_once(attendance: Attendance) -> None:
    came(attendance, 0)
    came(attendance, 1, ELENA, Kind.STAFF)
    attendance.running_is(ROOM, MONDAY, T + 50)
    assert attendance.ended() == []
    attendance.running_is(ROOM, None, T + 60)
    attendance.running_is(ROOM, None, T + 90)
    attendance.went(ROOM, NOAH, T + 95)
    assert record(attendance) == {
        NOAH: Attendee(Kind.LEARNER, (Stay(T, T + 60),)),
        ELENA: Attendee(Kind.STAFF, (Stay(T + 1, T + 60),)),
    }
    [times] = attendance.sessions(ROOM)
    assert (times.id, times.start, times.until) == (MONDAY, T, T + 60)
    assert attendance.ended() == [(ROOM, MONDAY)]
    attendance.settled(ROOM, MONDAY)
    assert attendance.ended() == []


def test_a_session_that_has_ended_takes_nobody_in(attendance: Attendance) -> None:
    came(attendance, 0)
    attendance.running_is(ROOM, None, T + 60)
    came(attendance, 61, ELENA, Kind.STAFF)
    assert set(record(attendance)) == {NOAH}
    attendance.running_is(ROOM, None, T + 9000)
    assert attendance.sessions(ROOM)[0].until == T + 60


def test_the_next_session_ends_the_one_nobody_saw_ending(attendance: Attendance) -> None:
    came(attendance, 0)
    attendance.came(ROOM, TUESDAY, T + 600, NOAH, Kind.LEARNER, T + 600)
    assert stays(attendance) == [(0, 600)]
    assert [one.id for one in attendance.sessions(ROOM)] == [TUESDAY, MONDAY]
    assert attendance.sessions(ROOM)[0].until is None
    attendance.went(ROOM, NOAH, T + 700)
    assert record(attendance, TUESDAY)[NOAH].stays == (Stay(T + 600, T + 700),)


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        (Kind.LEARNER, Kind.STAFF, Kind.STAFF),
        (Kind.STAFF, Kind.LEARNER, Kind.STAFF),
        (Kind.TEST, Kind.LEARNER, Kind.TEST),
        (Kind.LEARNER, Kind.TEST, Kind.TEST),
    ],
)
def test_who_was_once_staff_or_a_test_student_stays_one(
    attendance: Attendance, first: Kind, then: Kind, kept: Kind
) -> None:
    came(attendance, 0, kind=first)
    came(attendance, 1, kind=then)
    assert record(attendance)[NOAH].kind is kept


def test_a_change_is_kept_and_taken_back(attendance: Attendance) -> None:
    came(attendance, 0)
    attendance.change(ROOM, MONDAY, NOAH, Status.EXCUSED)
    assert attendance.records(ROOM, [MONDAY])[MONDAY].changed == {NOAH: Status.EXCUSED}
    attendance.change(ROOM, MONDAY, NOAH, None)
    assert attendance.records(ROOM, [MONDAY])[MONDAY].changed == {}


def test_what_a_host_chooses_is_kept(attendance: Attendance) -> None:
    came(attendance, 0)
    [times] = attendance.sessions(ROOM)
    choice = Choice(counts=False, lesson=Lesson(T + 60, T + 3600))
    attendance.choose(ROOM, times, choice)
    assert attendance.choices(ROOM) == {MONDAY: choice}
    for wrong in (Lesson(T + 60, T + 60), Lesson(T + 60, T), Lesson(T, T + 200_000), Lesson(0, T)):
        with pytest.raises(AppError, match="bad_lesson"):
            attendance.choose(ROOM, times, Choice(lesson=wrong))
    rules = Rules(late_minutes=5, scoring=Scoring.PROPORTIONAL)
    assert attendance.rules(ROOM) == Rules()
    attendance.set_rules(ROOM, rules)
    assert attendance.rules(ROOM) == rules


def test_an_unknown_session(attendance: Attendance) -> None:
    with pytest.raises(AppError, match="unknown_session"):
        attendance.session(ROOM, "s_never")
