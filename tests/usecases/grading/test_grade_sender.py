"""Grades on their way to gradebooks: refusals, failures, several lanes and senders."""

import datetime
from threading import Event
from typing import Any

import pytest

from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.rooms.attendance import Status
from lti_room.usecases.grading.grade_lines import LineState
from tests.support import web
from tests.usecases.grading.world import (
    AMARA,
    COUPLED,
    NOAH,
    PRIYA,
    ROOM,
    World,
    refused,
    registered,
)


def test_what_is_sent_is_complete_graded_and_ours(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 1})
    assert world.send() == 2
    assert world.state(NOAH) == (LineState.WAITING, None)
    world.work()
    assert world.state(NOAH) == (LineState.SENT, None)
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-priya": 0.0}
    for score in world.gradebook.scores:
        assert (score.maximum, score.activity, score.grading) == (10.0, "Completed", "FullyGraded")
    [made] = world.gradebook.made
    assert (made["label"], made["maximum"], made["resource_id"], made["tag"], made["deployment"]) == (
        "Seminar room",
        10.0,
        ROOM,
        "attendance",
        "d1",
    )


def test_the_column_of_the_link_is_used_where_there_is_one(world: World) -> None:
    world.link(COUPLED)
    world.session({NOAH: 60})
    world.send()
    world.work()
    assert world.gradebook.made == []
    assert len(world.gradebook.scores) == 1


def test_the_same_value_is_not_sent_twice_and_a_changed_one_is(world: World) -> None:
    session = world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.work()
    assert world.send() == 0
    world.attendance.change(ROOM, session, PRIYA, Status.ABSENT)
    assert world.state(PRIYA)[0] is LineState.DRAFT
    assert world.send() == 1
    world.work()
    assert [(score.user_id, score.given) for score in world.gradebook.scores[2:]] == [("sub-priya", 0.0)]


def test_pressing_send_twice_queues_once(world: World) -> None:
    world.session({NOAH: 60})
    assert world.send() == 1
    assert world.send() == 0
    world.work()
    assert len(world.gradebook.scores) == 1


def test_a_person_the_platform_refuses_does_not_stop_the_rest(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60, AMARA: 60})
    world.gradebook.for_person["sub-noah"] = refused(400)
    world.send()
    world.work()
    assert world.state(NOAH) == (LineState.FAILED, "person_refused")
    assert world.gradebook.given == {"sub-priya": 10.0, "sub-amara": 10.0}
    assert world.book.retry(ROOM) == 1
    world.gradebook.for_person.clear()
    world.work()
    assert world.state(NOAH) == (LineState.SENT, None)


def test_somebody_erased_here_is_told_as_unknown(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.people.forget(world.registration.id, NOAH)
    world.work()
    assert world.state(NOAH) == (LineState.FAILED, "person_unknown")
    assert world.gradebook.given == {"sub-priya": 10.0}


def test_a_platform_that_fails_pauses_its_lane_longer_each_time_and_gives_up(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    unreachable = ServiceError(ServiceErrorCode.SERVICE_UNREACHABLE)
    world.gradebook.moods = [unreachable] * 3
    waits = []
    for _ in range(2):
        world.work()
        pause = world.queue.pause_of(world.registration.id)
        assert pause is not None
        assert pause.code == "service_unreachable"
        waits.append(pause.until - world.clock.now())
        assert world.state(NOAH)[0] is LineState.WAITING
        world.clock.advance(waits[-1])
    assert 4 <= waits[0] <= 8
    assert 8 <= waits[1] <= 16
    world.work()
    assert world.state(NOAH) == world.state(PRIYA) == (LineState.FAILED, "service_unreachable")
    assert world.gradebook.moods == []
    assert world.book.retry(ROOM) == 2
    world.work()
    assert len(world.gradebook.scores) == 2
    assert world.queue.pause_of(world.registration.id) is None


def test_retry_after_is_honoured(world: World) -> None:
    world.session({NOAH: 60})
    world.send()
    world.gradebook.moods = [ServiceError(ServiceErrorCode.RATE_LIMITED, retry_after=120)]
    world.work()
    pause = world.queue.pause_of(world.registration.id)
    assert pause is not None
    assert pause.until == world.clock.now() + 120


def test_one_grade_that_stumbles_is_tried_again_later(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.gradebook.for_person["sub-noah"] = ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
    world.work()
    line = world.book.of(ROOM).lines[NOAH]
    assert line.grade is not None
    assert line.grade.retry_at is not None
    assert (line.state, line.grade.code) == (LineState.WAITING, "service_malformed")
    assert world.state(PRIYA)[0] is LineState.SENT
    world.clock.advance(8)
    world.gradebook.for_person.clear()
    world.work()
    assert world.state(NOAH) == (LineState.SENT, None)


@pytest.mark.parametrize("status", [409])
def test_an_older_timestamp_is_sent_again_with_a_newer_one(world: World, status: int) -> None:
    world.session({NOAH: 60})
    world.send()
    world.gradebook.moods = [refused(status)]
    world.work()
    assert world.state(NOAH)[0] is LineState.WAITING
    world.clock.advance(8)
    world.work()
    assert world.state(NOAH)[0] is LineState.SENT


def test_a_column_somebody_deleted_is_made_again(world: World) -> None:
    world.session({NOAH: 60})
    world.send()
    world.work()
    world.session({NOAH: 1, PRIYA: 60})
    world.send()
    world.gradebook.moods = [refused(404)]
    world.work()
    world.clock.advance(8)
    world.work()
    assert world.state(NOAH)[0] is LineState.SENT
    assert len(world.gradebook.made) == 2


def test_a_platform_that_allows_no_column_fails_the_whole_room_at_once(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.gradebook.refuses_columns = True
    world.work()
    assert world.state(NOAH) == world.state(PRIYA) == (LineState.FAILED, "column_refused")


def test_a_registration_switched_off_takes_no_grades(world: World) -> None:
    world.session({NOAH: 60})
    world.send()
    world.registrations.set_status(world.registration.id, RegistrationStatus.DISABLED)
    world.work()
    assert world.state(NOAH) == (LineState.FAILED, "registration_off")


def test_two_senders_at_once_send_every_grade(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    taken = world.queue.take(world.registration.id, world.clock.now())
    assert taken is not None
    world.work()
    world.queue.failed(taken, "late")
    assert {world.state(who)[0] for who in (NOAH, PRIYA)} == {LineState.SENT}


def test_a_value_given_anew_while_the_old_one_is_sent_is_sent_too(world: World) -> None:
    session = world.session({NOAH: 60})
    world.send()
    taken = world.queue.take(world.registration.id, world.clock.now())
    assert taken is not None
    world.queue.put(world.registration.id, ROOM, {NOAH: 3.0}, 10.0, world.clock.now())
    world.queue.sent(taken, world.clock.now())
    assert world.state(NOAH)[0] is LineState.WAITING
    world.work()
    assert world.gradebook.given == {"sub-noah": 3.0}
    assert session


def test_a_lane_that_hangs_holds_up_no_other(redis: Redis) -> None:
    """Two registrations: while a call of one does not return, the other's grades go out."""
    world = World(redis, web.settings(GRADE_TRIES="3", GRADE_RETRY_SECONDS="8"))
    other = registered(client_id="c2", name="Other")
    world.registrations.insert(other)
    world.session({NOAH: 60})
    world.send()
    hangs, went_on, stop = Event(), Event(), Event()
    first = world.gradebook.send

    def send(registration: Registration, *where: Any, **how: Any) -> datetime.datetime:
        if registration.id == world.registration.id:
            hangs.set()
            assert went_on.wait(20)
        return first(registration, *where, **how)

    world.gradebook.send = send  # type: ignore[method-assign]
    elsewhere = RoomId("r_elsewhere")
    world.queue.put(other.id, elsewhere, {PRIYA: 1.0}, 10.0, world.clock.now())
    sender = world.sender()
    sender.tick(stop)
    assert hangs.wait(10)
    deadline = Event()
    for _ in range(200):
        if world.queue.of_room(elsewhere)[PRIYA].state != "waiting":
            break
        deadline.wait(0.05)
    assert world.queue.of_room(elsewhere)[PRIYA].code == "not_offered"
    assert world.state(NOAH)[0] is LineState.WAITING
    went_on.set()
    for _ in range(200):
        if world.state(NOAH)[0] is LineState.SENT:
            break
        deadline.wait(0.05)
    assert world.state(NOAH)[0] is LineState.SENT
