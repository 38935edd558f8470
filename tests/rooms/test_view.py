"""What each role sees, in the shape of PROTOCOL.md's snapshot."""

from lti_room.rooms.commands import (
    AllowLeaving,
    GetReady,
    GiveGrant,
    GiveRole,
    Lose,
    RaiseHand,
    RemoveFromRoom,
    Source,
    Switch,
)
from lti_room.rooms.roles import Grant, Role
from tests.support.rooms import NOW, Scene, a_host, a_moderator, a_room, an_attendee

HOST, MODERATOR, NOAH, MEI, AMARA = (
    a_host(),
    a_moderator(),
    an_attendee("noah"),
    an_attendee("mei"),
    an_attendee("amara"),
)
STAFF_ONLY = {"requests", "invitations", "removed"}


def a_busy_room() -> Scene:
    scene = a_room().bring(HOST).ask(AMARA).invite(HOST, NOAH)
    scene.do(RaiseHand(), MEI)
    troll = an_attendee("troll")
    scene.here(troll).do(RemoveFromRoom(troll.participant), HOST)
    return scene


def test_staff_see_requests_invitations_and_the_removed() -> None:
    scene = a_busy_room()
    for actor in (HOST, MODERATOR):
        seen = scene.seen_by(actor)
        assert seen["requests"] == [{"id": "p_amara", "at": NOW + 2}]
        assert seen["invitations"] == [
            {"id": "p_noah", "by": "p_elena", "until": NOW + 122, "getting_ready": False}
        ]
        assert seen["removed"] == [{"id": "p_troll"}]
        assert "staff" in seen["versions"]


def test_an_attendee_sees_his_own_and_nothing_that_is_for_staff() -> None:
    scene = a_busy_room()
    seen = scene.seen_by(NOAH)
    assert not STAFF_ONLY & seen.keys()
    assert set(seen["versions"]) == {"everyone", "me"}
    assert seen["me"] == {
        "id": "p_noah",
        "role": "attendee",
        "place": "invited",
        "grants": [],
        "invitation": {"by": "p_elena", "until": NOW + 122, "getting_ready": False},
        "requested_at": None,
    }
    assert "amara" not in str(seen)
    assert "troll" not in str(seen)
    assert scene.seen_by(AMARA)["me"]["requested_at"] == NOW + 2


def test_the_room_as_everybody_sees_it() -> None:
    scene = a_busy_room()
    scene.do(AllowLeaving(True), HOST)
    assert scene.seen_by(MEI)["room"] == {
        "id": "r_biology",
        "title": "Seminar room",
        "course": "Biology 101",
        "access": "request",
        "leaving_allowed": True,
        "schedule": {"start": None, "end": None, "opens_at": None},
        "seats": 25,
        "session": {"id": "s_monday", "started_at": NOW},
    }
    assert scene.seen_by(NOAH)["hands"] == [{"id": "p_mei", "at": NOW + 2}]


def test_the_stage_in_order_of_joining_with_sources() -> None:
    scene = a_room().bring(NOAH, camera=False).bring(HOST)
    scene.do(Switch(Source.SCREEN, True), HOST)
    scene.do(Lose(NOAH.participant))
    assert scene.seen_by(MEI)["stage"] == [
        {
            "id": "p_noah",
            "role": "attendee",
            "microphone": True,
            "camera": False,
            "screen": False,
            "since": NOW + 1,
            "away_until": NOW + 32,
        },
        {
            "id": "p_elena",
            "role": "host",
            "microphone": True,
            "camera": True,
            "screen": True,
            "since": NOW + 2,
            "away_until": None,
        },
    ]
    assert scene.seen_by(MEI)["screens"] == [{"id": "p_elena"}]


def test_given_roles_and_own_grants() -> None:
    scene = a_room(people=[NOAH, MEI])
    scene.do(GiveRole(NOAH.participant, Role.MODERATOR), HOST)
    scene.do(GiveGrant(MEI.participant, Grant.PRESENT, True), HOST)
    scene.do(GiveGrant(MEI.participant, Grant.JOIN_STAGE, True), HOST)
    assert scene.seen_by(AMARA)["roles"] == {"p_noah": "moderator"}
    assert scene.seen_by(MEI)["me"]["grants"] == ["join_stage", "present"]
    assert scene.seen_by(AMARA)["me"]["grants"] == []
    assert scene.seen_by(NOAH)["me"]["role"] == "moderator"
    assert scene.seen_by(NOAH).keys() >= STAFF_ONLY


def test_getting_ready_shows() -> None:
    scene = a_room().invite(HOST, NOAH)
    scene.do(GetReady(), NOAH)
    assert scene.seen_by(NOAH)["me"]["invitation"]["getting_ready"] is True
    assert scene.seen_by(HOST)["invitations"][0]["getting_ready"] is True
