"""Opening, sessions, settings, mode switches: given, when, then."""

import pytest

from lti_room.base.ids import SessionId
from lti_room.rooms.commands import (
    AllowLeaving,
    EndSession,
    GiveGrant,
    GiveRole,
    Lose,
    OpenRoom,
    RaiseHand,
    RemoveFromRoom,
    SetAccess,
    SetTitle,
    Source,
    StartSession,
    Switch,
)
from lti_room.rooms.events import AccessSet, LeavingAllowed, SessionEnded, StageMoved, TitleSet
from lti_room.rooms.model import Person, Room
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move, Place, StageAccess
from tests.support.rooms import ROOM, SESSION, Scene, a_host, a_moderator, a_room, an_attendee

HOST, MODERATOR, NOAH, MEI, AMARA = (
    a_host(),
    a_moderator(),
    an_attendee("noah"),
    an_attendee("mei"),
    an_attendee("amara"),
)


def test_a_room_nobody_opened_knows_no_command() -> None:
    assert Scene(Room(ROOM)).refusal(SetTitle("x"), HOST) == ("not_possible_now", {})
    assert Scene(Room(ROOM)).refusal(StartSession(SESSION)) == ("not_possible_now", {})


def test_a_room_is_opened_once() -> None:
    scene = a_room()
    assert scene.do(OpenRoom("Other", "Other", StageAccess.INVITE, 3)) == ()
    assert (scene.room.title, scene.room.access, scene.room.seats) == (
        "Seminar room",
        StageAccess.REQUEST,
        25,
    )


def test_a_session_starts_once_and_ends_once() -> None:
    scene = a_room()
    assert scene.do(StartSession(SessionId("s_other"))) == ()
    assert scene.do(EndSession(), MODERATOR) == (SessionEnded(MODERATOR.participant),)
    assert scene.do(EndSession()) == ()
    assert scene.do(StartSession(SessionId("s_other")))


def test_the_end_of_a_session_clears_what_belongs_to_it() -> None:
    scene = a_room().bring(NOAH, HOST).ask(MEI).invite(HOST, AMARA)
    scene.do(RaiseHand(), NOAH)
    scene.do(Lose(NOAH.participant))
    scene.do(Switch(Source.SCREEN, True), MODERATOR)
    scene.do(SetTitle("Anatomy"), HOST)
    scene.do(AllowLeaving(True), HOST)
    scene.do(GiveRole(MEI.participant, Role.MODERATOR), HOST)
    scene.do(GiveGrant(AMARA.participant, Grant.PRESENT, True), HOST)
    troll = an_attendee("troll")
    scene.here(troll).do(RemoveFromRoom(troll.participant), HOST)
    scene.do(EndSession())
    room = scene.room
    assert (room.on_stage(), room.requests(), room.invitations(), room.hands(), room.presenting()) == (
        (),
    ) * 5
    assert (room.session, room.title, room.access, room.leaving_allowed) == (
        None,
        "Anatomy",
        StageAccess.REQUEST,
        True,
    )
    assert scene.person(MEI) == Person(given_role=Role.MODERATOR)
    assert scene.person(AMARA) == Person(grants=frozenset({Grant.PRESENT}))
    assert scene.person(troll) == Person(removed=True)


def test_settings_change_once() -> None:
    scene, by = a_room(), HOST.participant
    assert scene.do(SetTitle("Anatomy"), HOST) == (TitleSet("Anatomy", by),)
    assert scene.do(SetTitle("Anatomy"), HOST) == ()
    assert scene.do(AllowLeaving(True), HOST) == (LeavingAllowed(True, by),)
    assert scene.do(AllowLeaving(True), HOST) == ()
    assert scene.do(SetAccess(StageAccess.REQUEST), HOST) == ()


@pytest.mark.parametrize(
    ("access", "move"), [(StageAccess.EVERYONE, Move.RELEASE), (StageAccess.INVITE, Move.DECLINE)]
)
def test_a_switch_settles_the_open_requests_oldest_first(access: StageAccess, move: Move) -> None:
    scene, by = a_room().ask(NOAH, MEI), MODERATOR.participant
    assert scene.do(SetAccess(access), MODERATOR) == (
        AccessSet(access, by),
        StageMoved(NOAH.participant, move, by),
        StageMoved(MEI.participant, move, by),
    )
    assert scene.room.requests() == ()


@pytest.mark.parametrize("start", [StageAccess.EVERYONE, StageAccess.INVITE])
def test_a_switch_to_request_settles_nothing(start: StageAccess) -> None:
    scene = a_room(access=start)
    assert scene.do(SetAccess(StageAccess.REQUEST), HOST) == (
        AccessSet(StageAccess.REQUEST, HOST.participant),
    )


@pytest.mark.parametrize("access", [StageAccess.EVERYONE, StageAccess.INVITE])
def test_people_on_stage_stay_through_a_switch(access: StageAccess) -> None:
    scene = a_room().bring(NOAH, HOST)
    scene.do(SetAccess(access), HOST)
    assert scene.person(NOAH).place is scene.person(HOST).place is Place.ON_STAGE
