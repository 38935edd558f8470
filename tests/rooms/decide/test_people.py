"""Hands, given roles and grants, removal, absence: given, when, then."""

import pytest

from lti_room.rooms.commands import (
    Depart,
    EndSession,
    GiveGrant,
    GiveRole,
    Join,
    Lose,
    LowerHand,
    RaiseHand,
    Readmit,
    RemoveFromRoom,
    Return,
    Source,
    Switch,
)
from lti_room.rooms.events import (
    ConnectionBack,
    ConnectionLost,
    GrantGiven,
    HandLowered,
    HandRaised,
    Readmitted,
    RemovedFromRoom,
    RoleGiven,
    SourceSwitched,
    StageMoved,
)
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move
from tests.support.rooms import Scene, a_host, a_moderator, a_room, an_attendee

HOST, MODERATOR, NOAH, MEI = a_host(), a_moderator(), an_attendee("noah"), an_attendee("mei")
host, moderator, noah, mei = (who.participant for who in (HOST, MODERATOR, NOAH, MEI))


def test_a_hand_goes_up_once_and_down_once() -> None:
    scene = a_room()
    assert scene.do(RaiseHand(), NOAH) == (HandRaised(noah),)
    assert scene.do(RaiseHand(), NOAH) == ()
    assert scene.do(LowerHand(), NOAH) == (HandLowered(noah, noah),)
    assert scene.do(LowerHand(), NOAH) == ()


def test_staff_lower_the_hands_of_others_attendees_only_their_own() -> None:
    scene = a_room()
    scene.do(RaiseHand(), NOAH)
    assert scene.refusal(LowerHand(noah), MEI) == ("not_allowed", {})
    assert scene.do(LowerHand(noah), MODERATOR) == (HandLowered(noah, moderator),)
    scene.do(RaiseHand(), NOAH)
    assert scene.do(LowerHand(noah), NOAH)


def test_no_hands_between_sessions() -> None:
    scene = a_room()
    scene.do(EndSession(), HOST)
    assert scene.refusal(RaiseHand(), NOAH) == ("not_possible_now", {})


def test_a_given_role_says_what_the_person_is_from_now_on() -> None:
    scene = a_room(people=[NOAH])
    assert scene.do(GiveRole(noah, Role.MODERATOR), MODERATOR) == (
        RoleGiven(noah, Role.MODERATOR, moderator, becomes=Role.MODERATOR),
    )
    assert scene.do(GiveRole(noah, Role.MODERATOR), HOST) == ()
    assert scene.do(GiveRole(noah, None), HOST) == (RoleGiven(noah, None, host, becomes=Role.ATTENDEE),)


def test_a_role_taken_away_shows_on_stage_at_once() -> None:
    scene = a_room(people=[NOAH])
    scene.do(GiveRole(noah, Role.MODERATOR), HOST)
    scene.do(Join(True, True), NOAH)
    assert scene.person(NOAH).role_on_stage is Role.MODERATOR
    scene.do(GiveRole(noah, None), HOST)
    assert scene.person(NOAH).role_on_stage is Role.ATTENDEE


def test_a_role_shown_on_stage_is_not_taken_from_somebody_whose_connection_is_lost() -> None:
    scene = a_room(people=[NOAH])
    scene.do(GiveRole(noah, Role.MODERATOR), HOST)
    scene.do(Join(True, True), NOAH)
    del scene.connected[noah]
    scene.do(Lose(noah))
    assert scene.refusal(GiveRole(noah, None), HOST) == ("unknown_person", {})
    assert scene.do(GiveRole(noah, Role.ATTENDEE), HOST)


def test_only_a_host_makes_hosts() -> None:
    scene = a_room(people=[NOAH])
    assert scene.refusal(GiveRole(noah, Role.HOST), MODERATOR) == ("not_allowed", {})
    assert scene.do(GiveRole(noah, Role.HOST), HOST)


def test_a_moderator_does_not_make_a_host_by_taking_a_role_away() -> None:
    former = a_host("former")
    scene = a_room(people=[former])
    scene.do(GiveRole(former.participant, Role.ATTENDEE), HOST)
    assert scene.refusal(GiveRole(former.participant, None), MODERATOR) == ("not_allowed", {})
    scene.connected.clear()
    assert scene.refusal(GiveRole(former.participant, None), MODERATOR) == ("unknown_person", {})
    assert scene.do(GiveRole(former.participant, None), HOST)


def test_nobody_gives_himself_a_role_or_puts_himself_out() -> None:
    for command in (GiveRole(host, Role.ATTENDEE), RemoveFromRoom(host)):
        assert a_room().refusal(command, HOST) == ("not_allowed", {})


def test_strangers_are_given_nothing() -> None:
    for command in (
        GiveRole(noah, Role.MODERATOR),
        GiveGrant(noah, Grant.PRESENT, True),
        RemoveFromRoom(noah),
    ):
        assert a_room().refusal(command, HOST) == ("unknown_person", {})


def test_a_grant_is_given_once_and_taken_once() -> None:
    scene = a_room(people=[NOAH])
    for given in (True, False):
        command = GiveGrant(noah, Grant.READ_BACKCHANNEL, given)
        assert scene.do(command, HOST) == (GrantGiven(noah, Grant.READ_BACKCHANNEL, given, host),)
        assert scene.do(command, HOST) == ()


def presenting(scene: Scene) -> Scene:
    scene.here(NOAH).do(GiveGrant(noah, Grant.PRESENT, True), HOST)
    scene.do(Switch(Source.SCREEN, True), NOAH)
    return scene


def test_losing_the_right_to_present_ends_the_screen() -> None:
    scene = presenting(a_room())
    events = scene.do(GiveGrant(noah, Grant.PRESENT, False), MODERATOR)
    assert events[1:] == (SourceSwitched(noah, Source.SCREEN, False, moderator),)


def test_losing_the_staff_role_ends_the_screen_unless_granted() -> None:
    for granted in (False, True):
        scene = a_room().bring(MODERATOR)
        scene.do(Switch(Source.SCREEN, True), MODERATOR)
        if granted:
            scene.do(GiveGrant(moderator, Grant.PRESENT, True), HOST)
        scene.do(GiveRole(moderator, Role.ATTENDEE), HOST)
        assert (Source.SCREEN in scene.person(MODERATOR).on) is granted


def test_a_member_of_staff_keeps_the_screen_when_a_needless_grant_goes() -> None:
    scene = a_room(people=[MODERATOR])
    scene.do(GiveGrant(moderator, Grant.PRESENT, True), HOST)
    scene.do(Switch(Source.SCREEN, True), MODERATOR)
    assert len(scene.do(GiveGrant(moderator, Grant.PRESENT, False), HOST)) == 1


def test_somebody_put_out_loses_everything_and_may_come_back_when_readmitted() -> None:
    scene = a_room().bring(NOAH)
    scene.do(RaiseHand(), NOAH)
    assert scene.do(RemoveFromRoom(noah), MODERATOR) == (
        StageMoved(noah, Move.DEPART, moderator),
        HandLowered(noah, moderator),
        RemovedFromRoom(noah, moderator),
    )
    assert scene.do(RemoveFromRoom(noah), HOST) == ()
    assert scene.refusal(RaiseHand(), NOAH) == ("removed", {})
    assert scene.do(Readmit(noah), HOST) == (Readmitted(noah, host),)
    assert scene.do(Readmit(noah), HOST) == ()
    assert scene.do(RaiseHand(), NOAH)


def test_a_viewer_who_presents_is_put_out_with_the_screen() -> None:
    scene = presenting(a_room())
    scene.do(RemoveFromRoom(noah), HOST)
    assert scene.room.presenting() == ()


@pytest.mark.parametrize("kept", ["seat", "hand", "request", "invitation"])
def test_what_is_kept_for_thirty_seconds(kept: str) -> None:
    scene = a_room()
    if kept == "seat":
        scene.bring(NOAH)
    elif kept == "hand":
        scene.do(RaiseHand(), NOAH)
    elif kept == "request":
        scene.ask(NOAH)
    else:
        scene.invite(HOST, NOAH)
    before = scene.person(NOAH)
    assert scene.do(Lose(noah)) == (ConnectionLost(noah, scene.now + 30),)
    assert scene.do(Lose(noah)) == (), "a second loss does not prolong it"
    scene.wait(29)
    assert scene.do(Depart(noah)) == (), "not yet"
    assert scene.do(Return(noah)) == (ConnectionBack(noah),)
    assert scene.do(Return(noah)) == ()
    assert scene.person(NOAH) == before
    scene.wait(100)
    assert scene.do(Depart(noah)) == (), "he is back"
    scene.do(Lose(noah))
    scene.wait(30)
    assert scene.do(Depart(noah))
    assert not scene.person(NOAH).has_something_to_keep
    assert scene.person(NOAH).away_until is None


def test_nothing_is_kept_for_a_plain_viewer() -> None:
    scene = a_room(people=[NOAH])
    for command in (Lose(noah), Return(noah), Depart(noah)):
        assert scene.do(command) == ()


def test_a_lost_screen_ends_at_once() -> None:
    scene = presenting(a_room())
    assert scene.do(Lose(noah)) == (SourceSwitched(noah, Source.SCREEN, False, noah),)


def test_a_wait_ends_when_nothing_is_kept_any_more() -> None:
    scene = a_room()
    scene.do(RaiseHand(), NOAH)
    scene.do(Lose(noah))
    scene.do(LowerHand(noah), HOST)
    assert scene.person(NOAH).away_until is None


def test_leaving_the_room_frees_everything_at_once() -> None:
    scene = a_room().bring(NOAH)
    scene.do(RaiseHand(), NOAH)
    assert scene.do(Depart(noah), NOAH) == (StageMoved(noah, Move.DEPART, noah), HandLowered(noah, noah))
    assert scene.room.seats_taken == 0


def test_nobody_departs_for_somebody_else() -> None:
    assert a_room().bring(NOAH).refusal(Depart(noah), HOST) == ("not_allowed", {})
