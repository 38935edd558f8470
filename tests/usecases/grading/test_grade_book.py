"""Drafts of grades, and what becomes of them when somebody presses Send."""

import pytest

from lti_room.base.errors import AppError
from lti_room.base.ids import SessionId
from lti_room.rooms.attendance import Kind, Status
from lti_room.usecases.grading.grade_book import Book
from lti_room.usecases.grading.grade_lines import LineState
from lti_room.usecases.room_settings import RoomSettings
from tests.usecases.grading.world import (
    AMARA,
    COUPLED,
    ELENA,
    ITEM,
    ITEMS,
    MAKE,
    NOAH,
    OWN,
    PRIYA,
    ROOM,
    SCORE,
    World,
)


def test_a_grade_is_the_average_over_the_sessions_that_ended(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.session({NOAH: 60, PRIYA: 10, AMARA: 60})
    assert world.points() == {NOAH: 10.0, PRIYA: 5.0, AMARA: 5.0}
    running = SessionId("s_running")
    world.attendance.came(ROOM, running, world.clock.now(), NOAH, Kind.LEARNER, world.clock.now())
    assert world.points() == {NOAH: 10.0, PRIYA: 5.0, AMARA: 5.0}


def test_teachers_and_the_test_student_are_in_no_grade_book(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60, AMARA: 60}, {PRIYA: Kind.TEST, AMARA: Kind.STAFF})
    assert set(world.points()) == {NOAH}
    assert world.send() == 1
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0}


def test_nothing_is_sent_before_somebody_sends_it(world: World) -> None:
    world.session({NOAH: 60})
    world.book.follow_up()
    world.work()
    assert world.gradebook.scores == []
    assert world.state(NOAH) == (LineState.DRAFT, None)


def test_an_excused_person_gets_no_score_and_keeps_what_was_sent(world: World) -> None:
    session = world.session({NOAH: 60, PRIYA: 60})
    world.attendance.change(ROOM, session, NOAH, Status.EXCUSED)
    assert world.points()[NOAH] is None
    assert world.send() == 1
    world.work()
    world.attendance.change(ROOM, session, PRIYA, Status.EXCUSED)
    assert world.send() == 0
    assert world.state(PRIYA)[0] is LineState.SENT
    assert world.state(NOAH)[0] is LineState.NONE
    assert world.gradebook.given == {"sub-priya": 10.0}


def test_what_changed_since_it_was_looked_at_is_not_sent(world: World) -> None:
    session = world.session({NOAH: 60})
    seen = world.book.of(ROOM).draft
    world.attendance.change(ROOM, session, NOAH, Status.ABSENT)
    with pytest.raises(AppError, match="draft_changed"):
        world.book.send(ROOM, seen)
    world.work()
    assert world.gradebook.scores == []


@pytest.mark.parametrize(
    ("claim", "obstacle"),
    [
        (None, "not_offered"),
        ({"scope": [SCORE]}, "not_offered"),
        ({"scope": [MAKE], "lineitems": ITEMS}, "scores_forbidden"),
        ({"scope": [], "lineitem": ITEM}, "scores_forbidden"),
        ({"scope": [SCORE], "lineitems": ITEMS}, "no_column"),
        (OWN, None),
        (COUPLED, None),
    ],
)
def test_what_a_link_offers(world: World, claim: object, obstacle: str | None) -> None:
    world.link(claim)
    world.session({NOAH: 60})
    assert world.book.of(ROOM).offer.obstacle == obstacle
    if obstacle:
        with pytest.raises(AppError, match="no_gradebook"):
            world.send()


def test_a_room_that_is_not_graded_sends_nothing(world: World) -> None:
    world.session({NOAH: 60})
    world.room_settings.save(ROOM, RoomSettings(graded=False))
    with pytest.raises(AppError, match="not_graded"):
        world.send()
    world.link(COUPLED)
    assert world.send() == 1, "a link placed as graded says so itself"


def test_a_room_set_to_send_by_itself_sends_at_the_end_of_a_session_once(world: World) -> None:
    world.room_settings.save(ROOM, RoomSettings(graded=True, points=10, send_by_itself=True))
    world.session({NOAH: 60})
    world.book.follow_up()
    world.book.follow_up()
    world.work()
    assert [score.given for score in world.gradebook.scores] == [10.0]
    assert world.attendance.ended() == []


def test_a_session_too_short_counts_only_if_a_host_says_so(world: World) -> None:
    start = world.clock.now()
    session = SessionId("s_trial")
    for who, kind in ((ELENA, Kind.STAFF), (NOAH, Kind.LEARNER)):
        world.attendance.came(ROOM, session, start, who, kind, start)
    world.clock.advance(120)
    world.attendance.running_is(ROOM, None, world.clock.now())
    book: Book = world.book.of(ROOM)
    assert not book.sittings[0].counts
    assert world.points() == {NOAH: None}
