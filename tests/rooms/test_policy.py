"""Role by command, cell by cell, and who is protected from whom."""

from typing import get_args

import pytest

from lti_room.base.ids import SessionId
from lti_room.rooms import commands as c
from lti_room.rooms.decide import RULES
from lti_room.rooms.policy import WHO, check, has_direct_access, role_of
from lti_room.rooms.refusals import Refused
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import StageAccess
from tests.support.rooms import Scene, a_host, a_moderator, a_room, an_attendee

NOAH = an_attendee("noah").participant

# command: who may give it; h host, m moderator, a attendee, s system
MAY_GIVE = [
    (c.OpenRoom("t", "c", StageAccess.REQUEST, 25), "s"),
    (c.StartSession(SessionId("s_1")), "s"),
    (c.EndSession(), "hms"),
    (c.Ask(), "hma"),
    (c.Cancel(), "hma"),
    (c.Decline(NOAH), "hm"),
    (c.Approve(NOAH), "hm"),
    (c.Invite(NOAH), "hm"),
    (c.Revoke(NOAH), "hm"),
    (c.GetReady(), "hma"),
    (c.MoreTime(), "hma"),
    (c.Reject(), "hma"),
    (c.Accept(True, True), "hma"),
    (c.Join(True, True), "hma"),
    (c.Leave(), "hma"),
    (c.Remove(NOAH), "hm"),
    (c.Switch(c.Source.CAMERA, True), "hma"),
    (c.Mute(NOAH, c.Source.CAMERA), "hm"),
    (c.RaiseHand(), "hma"),
    (c.LowerHand(), "hma"),
    (c.SetAccess(StageAccess.INVITE), "hm"),
    (c.SetTitle("x"), "hm"),
    (c.SetSchedule(None, None), "h"),
    (c.AllowLeaving(True), "h"),
    (c.GiveRole(NOAH, Role.MODERATOR), "hm"),
    (c.GiveGrant(NOAH, Grant.PRESENT, True), "hm"),
    (c.RemoveFromRoom(NOAH), "hm"),
    (c.Readmit(NOAH), "hm"),
    (c.Lose(NOAH), "s"),
    (c.Return(NOAH), "s"),
    (c.Depart(NOAH), "hmas"),
    (c.Expire(NOAH), "s"),
]
ACTORS = {"h": a_host(), "m": a_moderator(), "a": an_attendee("mei"), "s": None}


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize(("command", "may"), MAY_GIVE, ids=lambda value: type(value).__name__)
def test_cell(command: c.Command, may: str, who: str) -> None:
    room = a_room().room
    if who in may:
        check(room, command, ACTORS[who])
    else:
        with pytest.raises(Refused, match="not_allowed"):
            check(room, command, ACTORS[who])


def test_every_command_has_a_row_and_a_rule() -> None:
    every = set(get_args(c.Command))
    assert {type(command) for command, _ in MAY_GIVE} == every
    assert set(WHO) == every
    assert set(RULES) == every


@pytest.mark.parametrize("command", [command for command, may in MAY_GIVE if may != "s"])
def test_somebody_removed_may_give_no_command(command: c.Command) -> None:
    mei = a_moderator("mei")
    scene = a_room(people=[mei])
    scene.do(c.RemoveFromRoom(mei.participant), a_host())
    assert scene.refusal(command, mei) == ("removed", {})


TARGETS = {"host": a_host("second"), "moderator": a_moderator("second"), "attendee": an_attendee("second")}


def on(target: c.Actor) -> list[c.Command]:
    """Return everything staff can do to one person that a host is protected from."""
    who = target.participant
    return [
        *(c.Mute(who, source) for source in c.Source),
        c.Remove(who),
        c.GiveRole(who, Role.ATTENDEE),
        c.GiveRole(who, Role.MODERATOR),
        *(c.GiveGrant(who, grant, given) for grant in Grant for given in (True, False)),
        c.RemoveFromRoom(who),
    ]


def stage_with(target: c.Actor) -> Scene:
    scene = a_room().bring(target)
    if target.launch_role.is_staff:
        scene.do(c.Switch(c.Source.SCREEN, True), target)
    return scene


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("number", range(len(on(a_host()))))
def test_a_moderator_manages_everybody_but_hosts(number: int, target: c.Actor) -> None:
    scene, command = stage_with(target), on(target)[number]
    if target.launch_role is Role.HOST:
        assert scene.refusal(command, a_moderator()) == ("host_protected", {})
    else:
        scene.do(command, a_moderator())


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("number", range(len(on(a_host()))))
def test_a_host_manages_everybody_and_an_attendee_nobody(number: int, target: c.Actor) -> None:
    scene, command = stage_with(target), on(target)[number]
    assert scene.refusal(command, an_attendee("mei")) == ("not_allowed", {})
    scene.do(command, a_host())


def test_a_host_without_connection_is_protected_by_the_role_of_the_stage() -> None:
    host = a_host("second")
    scene = a_room().bring(host)
    del scene.connected[host.participant]
    assert scene.refusal(c.Remove(host.participant), a_moderator()) == ("host_protected", {})


@pytest.mark.parametrize("given", Role)
@pytest.mark.parametrize("launch", Role)
def test_a_given_role_wins_over_the_launch_until_it_is_taken_away(launch: Role, given: Role) -> None:
    mei = c.Actor(an_attendee("mei").participant, launch)
    scene = a_room(people=[mei])
    scene.do(c.GiveRole(mei.participant, given), a_host())
    assert role_of(scene.room, mei) is given
    scene.do(c.GiveRole(mei.participant, None), a_host())
    assert role_of(scene.room, mei) is launch


def test_a_host_who_was_made_attendee_is_no_longer_protected() -> None:
    former = a_host("second")
    scene = a_room().bring(former)
    scene.do(c.GiveRole(former.participant, Role.ATTENDEE), a_host())
    scene.do(c.Remove(former.participant), a_moderator())
    assert not scene.person(former).is_on_stage


@pytest.mark.parametrize("access", StageAccess)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("granted", [False, True])
def test_direct_access_is_judged_per_person(access: StageAccess, role: Role, granted: bool) -> None:
    mei = c.Actor(an_attendee("mei").participant, role)
    scene = a_room(access=access, people=[mei])
    if granted:
        scene.do(c.GiveGrant(mei.participant, Grant.JOIN_STAGE, True), a_host())
    expected = role is not Role.ATTENDEE or granted or access is StageAccess.EVERYONE
    assert has_direct_access(scene.room, mei.participant, role) is expected
    if expected:
        scene.do(c.Join(True, True), mei)
        assert scene.person(mei).is_on_stage
    else:
        assert scene.refusal(c.Join(True, True), mei) == ("not_open", {})
