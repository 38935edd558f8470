"""Coming on stage, sources, leaving: given, when, then."""

import pytest

from lti_room.rooms.commands import (
    Accept,
    Actor,
    AllowLeaving,
    Command,
    EndSession,
    GiveGrant,
    Join,
    Leave,
    Lose,
    Mute,
    RaiseHand,
    Remove,
    Source,
    Switch,
)
from lti_room.rooms.events import HandLowered, SourceSwitched, StageMoved
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move, StageAccess
from tests.support.rooms import a_host, a_moderator, a_room, an_attendee

HOST, MODERATOR, NOAH, MEI = a_host(), a_moderator(), an_attendee("noah"), an_attendee("mei")
noah = NOAH.participant


@pytest.mark.parametrize("access", StageAccess)
@pytest.mark.parametrize("actor", [HOST, MODERATOR])
def test_staff_join_and_leave_in_every_mode(access: StageAccess, actor: Actor) -> None:
    scene = a_room(access=access)
    who = actor.participant
    assert scene.do(Join(False, True), actor) == (
        StageMoved(who, Move.JOIN, who, role=actor.launch_role, camera=True),
    )
    assert scene.do(Leave(), actor) == (StageMoved(who, Move.LEAVE, who),)


def test_everyone_joins_where_the_stage_is_open_to_everyone() -> None:
    scene = a_room(access=StageAccess.EVERYONE)
    scene.do(Join(True, False), NOAH)
    assert scene.person(NOAH).on == {Source.MICROPHONE}
    assert scene.person(NOAH).role_on_stage is Role.ATTENDEE


def test_joining_twice_causes_nothing() -> None:
    scene = a_room().bring(HOST)
    assert scene.do(Join(True, True), HOST) == ()


def test_somebody_promoted_with_an_open_request_just_joins() -> None:
    scene = a_room().ask(NOAH)
    scene.do(GiveGrant(noah, Grant.JOIN_STAGE, True), HOST)
    assert scene.do(Join(True, True), NOAH)
    assert scene.person(NOAH).requested_at is None


def test_coming_on_stage_lowers_the_hand() -> None:
    scene = a_room()
    scene.do(RaiseHand(), NOAH)
    scene.invite(HOST, NOAH)
    assert scene.person(NOAH).hand_at, "not by the invitation: it may expire"
    assert scene.do(Accept(True, True), NOAH)[1:] == (HandLowered(noah, None),)
    scene.do(RaiseHand(), HOST)
    assert scene.do(Join(True, True), HOST)[1:] == (HandLowered(HOST.participant, None),)


def test_nobody_joins_between_sessions() -> None:
    scene = a_room()
    scene.do(EndSession(), HOST)
    assert scene.refusal(Join(True, True), HOST) == ("not_possible_now", {})


@pytest.mark.parametrize("last", [HOST, NOAH])
def test_the_seat_after_the_last_is_refused_to_staff_too(last: Actor) -> None:
    scene = a_room(access=StageAccess.EVERYONE, seats=25)
    for number in range(25):
        scene.do(Join(True, True), an_attendee(f"student{number}"))
    assert scene.refusal(Join(True, True), last) == ("stage_full", {"seats": 25})


def test_staff_and_kept_seats_count() -> None:
    scene = a_room(seats=2).bring(HOST, NOAH)
    scene.do(Lose(noah))
    assert scene.room.seats_taken == 2
    assert scene.refusal(Join(True, True), MODERATOR) == ("stage_full", {"seats": 2})


def test_a_full_stage_keeps_the_request() -> None:
    scene = a_room(seats=1).ask(NOAH).bring(HOST)
    scene.do(GiveGrant(noah, Grant.JOIN_STAGE, True), HOST)
    assert scene.refusal(Join(True, True), NOAH) == ("stage_full", {"seats": 1})
    assert scene.person(NOAH).requested_at


@pytest.mark.parametrize("access", StageAccess)
def test_attendees_leave_only_where_a_host_allows_it(access: StageAccess) -> None:
    scene = a_room(access=access).bring(NOAH)
    assert scene.refusal(Leave(), NOAH) == ("not_allowed", {})
    scene.do(AllowLeaving(True), HOST)
    assert scene.do(Leave(), NOAH)


def test_a_speaker_is_an_attendee_where_leaving_is_concerned() -> None:
    scene = a_room(people=[NOAH])
    scene.do(GiveGrant(noah, Grant.JOIN_STAGE, True), HOST)
    scene.do(Join(True, True), NOAH)
    assert scene.refusal(Leave(), NOAH) == ("not_allowed", {})


def test_leaving_from_nowhere_causes_nothing() -> None:
    assert a_room().do(Leave(), NOAH) == ()


def test_staff_take_somebody_off_the_stage_with_all_sources() -> None:
    scene = a_room().bring(NOAH)
    assert scene.do(Remove(noah), MODERATOR) == (StageMoved(noah, Move.REMOVE, MODERATOR.participant),)
    assert not scene.person(NOAH).on
    assert scene.do(Remove(noah), MODERATOR) == ()


def test_only_who_is_on_stage_is_taken_off_it() -> None:
    assert a_room(people=[NOAH]).refusal(Remove(noah), HOST) == ("not_on_stage", {})


def test_one_switches_ones_own_sources() -> None:
    scene = a_room().bring(NOAH, microphone=False)
    assert scene.do(Switch(Source.MICROPHONE, True), NOAH) == (
        SourceSwitched(noah, Source.MICROPHONE, True, noah),
    )
    assert scene.do(Switch(Source.MICROPHONE, True), NOAH) == ()
    assert scene.do(Switch(Source.MICROPHONE, False), NOAH)
    assert scene.do(Switch(Source.CAMERA, False), NOAH)
    assert not scene.person(NOAH).on


@pytest.mark.parametrize("source", [Source.MICROPHONE, Source.CAMERA])
def test_a_viewer_switches_nothing_on(source: Source) -> None:
    scene = a_room()
    assert scene.refusal(Switch(source, True), NOAH) == ("not_on_stage", {})
    assert scene.refusal(Switch(source, True), HOST) == ("not_on_stage", {})
    assert scene.do(Switch(source, False), NOAH) == ()


def test_the_screen_needs_the_grant_not_the_stage() -> None:
    scene = a_room().bring(MEI)
    assert scene.refusal(Switch(Source.SCREEN, True), NOAH) == ("not_allowed", {})
    assert scene.refusal(Switch(Source.SCREEN, True), MEI) == ("not_allowed", {})
    scene.do(GiveGrant(noah, Grant.PRESENT, True), HOST)
    assert scene.do(Switch(Source.SCREEN, True), NOAH)
    assert scene.do(Switch(Source.SCREEN, True), MODERATOR)
    assert set(scene.room.presenting()) == {noah, MODERATOR.participant}


def test_a_viewer_who_presents_goes_on_presenting_on_stage() -> None:
    scene = a_room()
    scene.do(Switch(Source.SCREEN, True), HOST)
    scene.do(Join(True, False), HOST)
    assert scene.person(HOST).on == {Source.SCREEN, Source.MICROPHONE}
    scene.do(Leave(), HOST)
    assert not scene.person(HOST).on


@pytest.mark.parametrize("source", [Source.MICROPHONE, Source.CAMERA])
def test_staff_switch_a_source_off_and_its_owner_on_again(source: Source) -> None:
    scene = a_room().bring(NOAH)
    assert scene.do(Mute(noah, source), MODERATOR) == (
        SourceSwitched(noah, source, False, MODERATOR.participant),
    )
    assert scene.do(Mute(noah, source), HOST) == ()
    assert scene.do(Switch(source, True), NOAH)


def test_a_viewers_screen_is_switched_off_by_staff() -> None:
    scene = a_room()
    scene.do(Switch(Source.SCREEN, True), MODERATOR)
    assert scene.do(Mute(MODERATOR.participant, Source.SCREEN), HOST)
    assert scene.do(Mute(MODERATOR.participant, Source.SCREEN), HOST) == ()


def test_muting_somebody_who_left_the_stage_says_so() -> None:
    scene = a_room(people=[NOAH])
    assert scene.refusal(Mute(noah, Source.CAMERA), HOST) == ("not_on_stage", {})


@pytest.mark.parametrize("command", [Mute(noah, Source.MICROPHONE), Remove(noah)])
def test_attendees_manage_nobody(command: Command) -> None:
    assert a_room().bring(NOAH).refusal(command, MEI) == ("not_allowed", {})
