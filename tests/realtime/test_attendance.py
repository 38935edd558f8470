"""The attendance of a session is written down as people come and go, over real sockets and two processes."""

import pytest

from lti_room.base.ids import ParticipantId
from lti_room.rooms.attendance import Attendee, Kind
from lti_room.rooms.roles import Role
from lti_room.usecases.grading.attendance import Attendance
from tests.support.pages import TestRoom
from tests.support.stack import Stack, wait_until

GAP_SECONDS = 2


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    return {
        "LTI_ROOM_PROCESS_BEAT_SECONDS": "1",
        "LTI_ROOM_KEEP_SEAT_SECONDS": str(GAP_SECONDS),
        "LTI_ROOM_SESSION_IDLE_SECONDS": "1",
    }


def people(room: TestRoom) -> dict[ParticipantId, Attendee]:
    attendance = Attendance(room.redis, GAP_SECONDS)
    [latest, *_] = attendance.sessions(room.id)
    return dict(attendance.records(room.id, [latest.id])[latest.id].people)


def gone(room: TestRoom, who: ParticipantId) -> bool:
    return not people(room)[who].is_in


def test_coming_is_written_down_before_it_is_acknowledged(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    assert {who: one.kind for who, one in people(room).items()} == {
        host.id: Kind.STAFF,
        noah.id: Kind.LEARNER,
    }
    assert not gone(room, noah.id)
    noah.close()
    wait_until(lambda: gone(room, noah.id), 5, "the going is written down")
    assert not gone(room, host.id)


def test_two_tabs_in_two_processes_are_one_stay(room: TestRoom) -> None:
    noah = room.launch("Noah Kim")
    first, second = room.page(noah, web=0), room.page(noah, web=1)
    for page in (first, second):
        page.connect()
        page.enter()
    first.close()
    viewer = room.join("Priya Nair")
    viewer.wait("roster", lambda told: True)
    assert not gone(room, noah.id)
    second.close()
    wait_until(lambda: gone(room, noah.id), 5, "the last tab is gone")
    assert len(people(room)[noah.id].stays) == 1


def test_a_reload_is_no_gap(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST), room.join("Noah Kim", web=0)
    noah.cut()
    wait_until(lambda: gone(room, noah.id), 5, "the loss is noticed")
    again = room.page(noah.member, web=1)
    again.connect()
    again.enter()
    assert not gone(room, noah.id)
    assert len(people(room)[noah.id].stays) == 1
    assert host.connected


def test_the_end_of_a_session_ends_its_stays(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST), room.join("Noah Kim")
    host.done("end_session")
    attendance = Attendance(room.redis, GAP_SECONDS)
    wait_until(lambda: attendance.sessions(room.id)[0].until, 5, "the session ended")
    assert gone(room, noah.id)
    assert gone(room, host.id)


def test_kill_9_of_a_web_process_loses_no_coming_and_ends_no_stay_later_than_it_was(
    room: TestRoom, stack: Stack
) -> None:
    host = room.join("Elena Marín", Role.HOST, web=1)
    noah, priya = room.join("Noah Kim", web=0), room.join("Priya Nair", web=0)
    stack.webs[0].kill()
    killed_at = room.clock.now()
    try:
        back = room.page(priya.member, web=1)
        back.connect()
        back.enter()
        wait_until(lambda: gone(room, noah.id), 15, "those of the dead process are gone")
        until = people(room)[noah.id].stays[-1].until
        assert until is not None
        assert until <= killed_at + 0.1
        assert not gone(room, priya.id)
        assert len(people(room)[priya.id].stays) == 1
        assert host.connected
    finally:
        stack.webs[0].start()
