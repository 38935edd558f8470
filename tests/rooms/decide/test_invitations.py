"""Requests and invitations: given a room, when a command, then events or a refusal."""

import pytest

from lti_room.rooms.commands import (
    Accept,
    Actor,
    Approve,
    Ask,
    Cancel,
    Command,
    Decline,
    Depart,
    EndSession,
    Expire,
    GetReady,
    GiveGrant,
    Invite,
    Join,
    Lose,
    MoreTime,
    Reject,
    Remove,
    RemoveFromRoom,
    Revoke,
    SetAccess,
)
from lti_room.rooms.decide import decide
from lti_room.rooms.events import InvitationExtended, StageMoved
from lti_room.rooms.limits import Limits
from lti_room.rooms.roles import Grant
from lti_room.rooms.stage import Move, Place, StageAccess
from tests.support.rooms import LIMITS, a_host, a_moderator, a_room, an_attendee

HOST, MODERATOR, NOAH, MEI = a_host(), a_moderator(), an_attendee("noah"), an_attendee("mei")
noah, mei = NOAH.participant, MEI.participant


def test_a_request_is_asked_approved_accepted() -> None:
    scene = a_room()
    assert scene.do(Ask(), NOAH) == (StageMoved(noah, Move.ASK, noah),)
    until = scene.now + LIMITS.invitation_seconds
    assert scene.do(Approve(noah), HOST) == (StageMoved(noah, Move.APPROVE, HOST.participant, until),)
    assert not scene.person(NOAH).is_on_stage, "approval is never live by itself"
    assert scene.do(Accept(True, False), NOAH) == (
        StageMoved(noah, Move.ACCEPT, noah, role=NOAH.launch_role, microphone=True, camera=False),
    )


def test_a_declined_person_may_ask_again() -> None:
    scene = a_room().ask(NOAH)
    assert scene.do(Decline(noah), HOST) == (StageMoved(noah, Move.DECLINE, HOST.participant),)
    assert scene.do(Ask(), NOAH)


def test_somebody_who_rejected_may_be_invited_again() -> None:
    scene = a_room().invite(HOST, NOAH)
    assert scene.do(Reject(), NOAH) == (StageMoved(noah, Move.REJECT, noah),)
    assert scene.do(Invite(noah), MODERATOR)


@pytest.mark.parametrize("access", [StageAccess.EVERYONE, StageAccess.INVITE])
def test_asking_is_for_join_by_request_only(access: StageAccess) -> None:
    assert a_room(access=access).refusal(Ask(), NOAH) == ("not_open", {})


@pytest.mark.parametrize("actor", [HOST, MODERATOR])
def test_those_with_direct_access_need_not_ask(actor: Actor) -> None:
    assert a_room().refusal(Ask(), actor) == ("not_open", {})


def test_a_speaker_need_not_ask() -> None:
    scene = a_room(people=[NOAH])
    scene.do(GiveGrant(noah, Grant.JOIN_STAGE, True), HOST)
    assert scene.refusal(Ask(), NOAH) == ("not_open", {})


def test_nobody_asks_or_is_invited_between_sessions() -> None:
    scene = a_room(people=[NOAH])
    scene.do(EndSession(), HOST)
    assert scene.refusal(Ask(), NOAH) == ("not_possible_now", {})
    assert scene.refusal(Invite(noah), HOST) == ("not_possible_now", {})


@pytest.mark.parametrize("access", StageAccess)
def test_staff_invite_in_every_mode(access: StageAccess) -> None:
    scene = a_room(access=access).invite(MODERATOR, NOAH)
    assert scene.person(NOAH).place is Place.INVITED


def test_an_invitation_for_somebody_who_asks_settles_the_request() -> None:
    scene = a_room().ask(NOAH).invite(HOST, NOAH)
    assert (scene.person(NOAH).place, scene.person(NOAH).requested_at) == (Place.INVITED, None)


def test_nobody_invites_strangers_removed_people_or_himself() -> None:
    scene = a_room(people=[NOAH])
    assert scene.refusal(Invite(mei), HOST) == ("unknown_person", {})
    scene.do(RemoveFromRoom(noah), HOST)
    assert scene.refusal(Invite(noah), HOST) == ("unknown_person", {})
    assert scene.refusal(Invite(HOST.participant), HOST) == ("not_allowed", {})


def test_somebody_who_is_reloading_may_be_invited_and_approved() -> None:
    scene = a_room().ask(NOAH, MEI)
    scene.do(Lose(noah))
    scene.do(Lose(mei))
    scene.connected.clear()
    assert scene.do(Invite(noah), HOST)
    assert scene.do(Approve(mei), HOST)


def test_what_is_already_so_causes_nothing() -> None:
    scene = a_room()
    assert scene.do(Cancel(), NOAH) == ()
    assert scene.do(Reject(), NOAH) == ()
    scene.ask(NOAH)
    assert scene.do(Ask(), NOAH) == ()


def test_a_cancel_that_comes_after_the_approval_is_too_late() -> None:
    scene = a_room().ask(NOAH)
    scene.do(Approve(noah), HOST)
    assert scene.refusal(Cancel(), NOAH) == ("not_possible_now", {})
    assert scene.refusal(Ask(), NOAH) == ("not_possible_now", {})


FIRST_AND_SECOND: list[tuple[Command, Command, str]] = [
    (Approve(noah), Approve(noah), "approve"),
    (Approve(noah), Decline(noah), "approve"),
    (Approve(noah), Invite(noah), "approve"),
    (Decline(noah), Approve(noah), "decline"),
    (Decline(noah), Decline(noah), "decline"),
    (Invite(noah), Approve(noah), "invite"),
    (SetAccess(StageAccess.INVITE), Approve(noah), "decline"),
    (SetAccess(StageAccess.EVERYONE), Decline(noah), "release"),
]


@pytest.mark.parametrize(("first", "second", "move"), FIRST_AND_SECOND)
def test_of_two_moderators_the_second_hears_who_was_first(first: Command, second: Command, move: str) -> None:
    scene = a_room().ask(NOAH)
    scene.do(first, HOST)
    before = scene.room
    assert scene.refusal(second, MODERATOR) == ("already_done", {"by": HOST.participant, "move": move})
    assert scene.room is before


def test_two_moderators_revoke_or_remove_at_once() -> None:
    scene = a_room().invite(HOST, NOAH).bring(MEI)
    scene.do(Revoke(noah), HOST)
    scene.do(Remove(mei), HOST)
    assert scene.refusal(Revoke(noah), MODERATOR) == (
        "already_done",
        {"by": HOST.participant, "move": "revoke"},
    )
    assert scene.refusal(Remove(mei), MODERATOR) == (
        "already_done",
        {"by": HOST.participant, "move": "remove"},
    )


@pytest.mark.parametrize("command", [Approve(noah), Decline(noah)])
def test_the_same_moderator_twice_is_harmless(command: Command) -> None:
    scene = a_room().ask(NOAH)
    assert scene.do(command, HOST)
    assert scene.do(command, HOST) == ()


def test_a_request_its_owner_took_back_was_settled_by_no_moderator() -> None:
    scene = a_room().ask(NOAH)
    scene.do(Cancel(), NOAH)
    assert scene.refusal(Approve(noah), MODERATOR) == ("not_possible_now", {})
    assert scene.refusal(Decline(mei), MODERATOR) == ("not_possible_now", {})


def test_any_moderator_revokes_an_invitation() -> None:
    scene = a_room().invite(HOST, NOAH)
    assert scene.do(Revoke(noah), MODERATOR) == (StageMoved(noah, Move.REVOKE, MODERATOR.participant),)
    assert scene.refusal(Accept(True, True), NOAH) == ("not_possible_now", {})


def test_an_invitation_expires_after_two_minutes() -> None:
    scene = a_room().invite(HOST, NOAH)
    scene.wait(119.9)
    assert scene.do(Expire(noah)) == ()
    scene.wait(0.1)
    assert scene.refusal(Accept(True, True), NOAH) == ("not_possible_now", {})
    assert scene.refusal(GetReady(), NOAH) == ("not_possible_now", {})
    assert scene.do(Expire(noah)) == (StageMoved(noah, Move.EXPIRE, None),)
    assert scene.do(Expire(noah)) == ()


def test_getting_ready_stops_the_clock_for_ten_minutes_once() -> None:
    scene = a_room().invite(HOST, NOAH)
    scene.wait(100)
    assert scene.do(GetReady(), NOAH) == (InvitationExtended(noah, scene.now + 600, True),)
    scene.wait(30)
    assert scene.do(GetReady(), NOAH) == ()
    scene.wait(569)
    assert scene.do(Accept(True, True), NOAH)


def test_getting_ready_never_shortens_an_invitation() -> None:
    scene, short = a_room().invite(HOST, NOAH), Limits(get_ready_seconds=10)
    scene.wait(1)
    (event,) = decide(scene.room, GetReady(), NOAH, scene.now, limits=short)
    assert isinstance(event, InvitationExtended)
    assert event.until == scene.now - 1 + 120


@pytest.mark.parametrize("ready", [False, True])
def test_more_time_adds_two_minutes_near_the_end(ready: bool) -> None:
    scene = a_room().invite(HOST, NOAH)
    if ready:
        scene.do(GetReady(), NOAH)
    invitation = scene.person(NOAH).invitation
    assert invitation
    scene.now = invitation.until - 20
    assert scene.do(MoreTime(), NOAH) == (InvitationExtended(noah, invitation.until + 120, ready),)
    assert scene.do(MoreTime(), NOAH) == (), "time does not pile up"


def test_without_invitation_nothing_is_accepted_or_extended() -> None:
    for command in (Accept(True, True), GetReady(), MoreTime()):
        assert a_room().refusal(command, NOAH) == ("not_possible_now", {})


def test_a_full_stage_keeps_the_invitation() -> None:
    scene = a_room(seats=1).invite(HOST, NOAH).bring(HOST)
    assert scene.refusal(Accept(True, True), NOAH) == ("stage_full", {"seats": 1})
    assert scene.person(NOAH).place is Place.INVITED


def test_an_open_invitation_reserves_no_seat() -> None:
    scene = a_room(seats=1).invite(HOST, NOAH, MEI)
    scene.do(Accept(True, True), MEI)
    assert scene.refusal(Accept(True, True), NOAH) == ("stage_full", {"seats": 1})


@pytest.mark.parametrize("access", StageAccess)
def test_an_open_invitation_survives_every_switch(access: StageAccess) -> None:
    start = StageAccess.INVITE if access is StageAccess.REQUEST else StageAccess.REQUEST
    scene = a_room(access=start).invite(HOST, NOAH)
    scene.do(SetAccess(access), HOST)
    assert scene.do(Accept(True, True), NOAH)


def test_an_invited_person_may_also_join_when_the_stage_opens() -> None:
    scene = a_room().invite(HOST, NOAH)
    assert scene.refusal(Join(True, True), NOAH) == ("not_open", {})
    scene.do(SetAccess(StageAccess.EVERYONE), HOST)
    scene.do(Join(True, True), NOAH)
    assert scene.person(NOAH).invitation is None


def test_requests_stay_when_the_last_moderator_leaves() -> None:
    scene = a_room().bring(HOST).ask(NOAH)
    scene.do(Depart(HOST.participant), HOST)
    assert scene.person(NOAH).place is Place.REQUESTED
