"""The stage rules over the wire: every row of the table, on two processes, and who is told what."""

from typing import Any

import pytest

from lti_room.rooms.events import AccessSet
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from tests.support.pages import Page, TestRoom
from tests.support.stack import Stack

WITH_SOUND = {"microphone": True, "camera": False}


class Cast:
    """A host and a moderator on one process each, and two attendees likewise."""

    def __init__(self, room: TestRoom) -> None:
        self.host = room.join("Elena Marín", Role.HOST, web=0)
        self.moderator = room.join("Tom Baker", Role.MODERATOR, web=1)
        self.noah = room.join("Noah Kim", web=1)
        self.viewer = room.join("Priya Nair", web=0)

    @property
    def staff(self) -> list[Page]:
        return [self.host, self.moderator]

    def settle(self) -> None:
        """Wait until an event for everyone has reached all pages: nothing is under way any more."""
        version = self.host.done("set_title", title=f"Room {len(self.host.received)}")
        for page in [*self.staff, self.noah, self.viewer]:
            page.reach(version)


@pytest.fixture
def cast(room: TestRoom) -> Cast:
    return Cast(room)


def moves(page: Page) -> list[tuple[str, str]]:
    """Return the moves a page was told, each once per audience."""
    return [(one["audience"], one["move"]) for one in page.events("stage_moved")]


def live(page: Page, source: str = "microphone") -> dict[str, Any]:
    return {"participant": page.id, "source": source}


class TestRequest:
    """Mode `request`, in which a new room starts."""

    def test_ask_approve_get_ready_and_accept(self, cast: Cast) -> None:
        cast.noah.done("ask")
        for page in cast.staff:
            page.wait_event("stage_moved", participant=cast.noah.id, move="ask", audience="staff")
        cast.moderator.done("approve", target=cast.noah.id)
        approved = cast.noah.wait_event("stage_moved", move="approve", audience="me")
        assert approved["people"][cast.moderator.id] == "Tom Baker"
        assert approved["until"] > approved["at"]
        cast.noah.done("get_ready")
        cast.host.wait_event("invitation_extended", participant=cast.noah.id, getting_ready=True)
        cast.noah.done("accept", **WITH_SOUND)
        for page in [*cast.staff, cast.viewer, cast.noah]:
            came = page.wait_event("stage_moved", participant=cast.noah.id, move="accept")
            assert (came["audience"], came["microphone"], came["camera"]) == ("everyone", True, False)
        cast.settle()
        assert moves(cast.viewer) == [("everyone", "accept")], "a viewer hears of the stage alone"
        assert moves(cast.noah) == [("me", "ask"), ("me", "approve"), ("everyone", "accept")]

    def test_cancel(self, cast: Cast) -> None:
        cast.noah.done("ask")
        cast.noah.done("cancel")
        cast.host.wait_event("stage_moved", participant=cast.noah.id, move="cancel")
        cast.settle()
        assert moves(cast.viewer) == []

    def test_a_declined_request_is_told_and_may_be_made_again(self, cast: Cast) -> None:
        cast.noah.done("ask")
        cast.host.done("decline", target=cast.noah.id)
        told = cast.noah.wait_event("stage_moved", move="decline")
        assert (told["audience"], told["by"]) == ("me", cast.host.id)
        cast.noah.done("ask")
        cast.settle()
        assert moves(cast.viewer) == []

    def test_an_attendee_does_not_join_by_himself(self, cast: Cast) -> None:
        assert cast.noah.refused("join", **WITH_SOUND)["code"] in {"not_open", "not_allowed"}
        assert cast.noah.refused("approve", target=cast.noah.id)["code"] == "not_allowed"

    def test_approval_alone_is_never_live(self, cast: Cast) -> None:
        cast.noah.done("ask")
        cast.host.done("approve", target=cast.noah.id)
        cast.settle()
        assert cast.viewer.events("stage_moved") == []
        assert cast.noah.refused("switch", source="microphone", on=True)["code"] == "not_on_stage"


class TestInvite:
    """Mode `invite`, and invitations in every mode."""

    def test_asking_is_closed_and_an_invitation_opens_the_way(self, cast: Cast) -> None:
        cast.host.done("set_access", access="invite")
        assert cast.noah.refused("ask")["code"] == "not_open"
        cast.host.done("invite", target=cast.noah.id)
        cast.noah.wait_event("stage_moved", move="invite", audience="me")
        cast.noah.done("accept", **WITH_SOUND)
        cast.viewer.wait_event("stage_moved", participant=cast.noah.id, move="accept")

    def test_a_declined_invitation_is_told_to_staff_and_may_be_given_again(self, cast: Cast) -> None:
        cast.host.done("invite", target=cast.noah.id)
        cast.noah.done("reject")
        for page in cast.staff:
            page.wait_event("stage_moved", participant=cast.noah.id, move="reject", audience="staff")
        cast.moderator.done("invite", target=cast.noah.id)
        cast.settle()
        assert moves(cast.viewer) == []

    def test_any_moderator_revokes(self, cast: Cast) -> None:
        cast.host.done("invite", target=cast.noah.id)
        cast.moderator.done("revoke", target=cast.noah.id)
        cast.noah.wait_event("stage_moved", move="revoke", by=cast.moderator.id)
        assert cast.noah.refused("accept", **WITH_SOUND)["code"] == "not_possible_now"

    def test_somebody_who_is_not_here_cannot_be_invited(self, cast: Cast, room: TestRoom) -> None:
        stranger = room.launch("Nobody Here")
        assert cast.host.refused("invite", target=stranger.id)["code"] == "unknown_person"


class TestEveryone:
    """Mode `everyone`."""

    def test_anyone_joins_after_setting_devices(self, cast: Cast) -> None:
        cast.host.done("set_access", access="everyone")
        cast.noah.wait_event("access_set", access="everyone")
        cast.noah.done("join", **WITH_SOUND)
        came = cast.viewer.wait_event("stage_moved", participant=cast.noah.id, move="join")
        assert came["audience"] == "everyone"

    def test_attendees_leave_only_when_a_host_allows_it(self, cast: Cast) -> None:
        cast.host.done("set_access", access="everyone")
        cast.noah.done("join", **WITH_SOUND)
        assert cast.noah.refused("leave_stage")["code"] == "not_allowed"
        assert cast.moderator.refused("allow_leaving", allowed=True)["code"] == "not_allowed"
        cast.host.done("allow_leaving", allowed=True)
        cast.noah.done("leave_stage")
        cast.viewer.wait_event("stage_moved", participant=cast.noah.id, move="leave")


class TestStaff:
    """What hosts and moderators do, and may not do."""

    @pytest.mark.parametrize("access", ["everyone", "request", "invite"])
    def test_staff_join_and_leave_in_every_mode(self, cast: Cast, access: str) -> None:
        cast.host.done("set_access", access=access) if access != "request" else None
        cast.moderator.done("join", **WITH_SOUND)
        cast.viewer.wait_event("stage_moved", participant=cast.moderator.id, move="join")
        cast.moderator.done("leave_stage")
        cast.viewer.wait_event("stage_moved", participant=cast.moderator.id, move="leave")

    def test_mute_is_one_way(self, cast: Cast) -> None:
        cast.host.done("set_access", access="everyone")
        cast.noah.done("join", **WITH_SOUND)
        cast.moderator.done("mute", target=cast.noah.id, source="microphone")
        muted = cast.noah.wait_event("source_switched", **live(cast.noah), on=False)
        assert muted["by"] == cast.moderator.id
        assert cast.host.refused("switch", source="microphone", on=True)["code"] == "not_on_stage"
        cast.noah.done("switch", source="microphone", on=True)
        cast.viewer.wait_event("source_switched", **live(cast.noah), on=True)

    def test_hosts_are_protected_from_moderators(self, cast: Cast) -> None:
        cast.host.done("join", **WITH_SOUND)
        for do in ({"do": "mute", "source": "microphone"}, {"do": "remove"}, {"do": "remove_from_room"}):
            refused = cast.moderator.refused(**do, target=cast.host.id)
            assert refused["code"] == "host_protected"
        demotion = cast.moderator.refused("give_role", target=cast.host.id, role="attendee")
        assert demotion["code"] == "host_protected"

    def test_remove_from_stage(self, cast: Cast) -> None:
        cast.host.done("set_access", access="everyone")
        cast.noah.done("join", **WITH_SOUND)
        cast.moderator.done("remove", target=cast.noah.id)
        for page in (cast.noah, cast.viewer):
            gone = page.wait_event("stage_moved", participant=cast.noah.id, move="remove")
            assert gone["by"] == cast.moderator.id

    def test_two_moderators_at_once_the_second_is_told_who_was_first(self, cast: Cast) -> None:
        cast.noah.done("ask")
        cast.host.done("approve", target=cast.noah.id)
        refused = cast.moderator.refused("approve", target=cast.noah.id)
        assert refused == {
            "code": "already_done",
            "message": "Somebody else was first.",
            "by": "Elena Marín",
            "move": "approve",
        }
        assert cast.moderator.refused("decline", target=cast.noah.id)["by"] == "Elena Marín"
        cast.settle()
        assert [one["move"] for one in cast.noah.events("stage_moved")] == ["ask", "approve"]


class TestHands:
    """Hands are seen by all."""

    def test_everybody_sees_hands_and_the_stage_lowers_them(self, cast: Cast) -> None:
        cast.noah.done("raise_hand")
        raised = cast.viewer.wait_event("hand_raised", participant=cast.noah.id)
        assert raised["people"] == {cast.noah.id: "Noah Kim"}
        assert cast.viewer.refused("lower_hand", target=cast.noah.id)["code"] == "not_allowed"
        cast.host.done("invite", target=cast.noah.id)
        cast.noah.done("accept", **WITH_SOUND)
        cast.viewer.wait_event("hand_lowered", participant=cast.noah.id)


class TestModeSwitches:
    """What a switch does to those who wait."""

    def test_to_everyone_requests_become_you_can_join_now(self, cast: Cast) -> None:
        cast.noah.done("ask")
        cast.host.done("set_access", access="everyone")
        cast.noah.wait_event("stage_moved", move="release", audience="me")
        cast.noah.done("join", **WITH_SOUND)

    def test_to_invite_requests_are_declined_with_a_notice(self, cast: Cast) -> None:
        cast.noah.done("ask")
        cast.host.done("set_access", access="invite")
        assert cast.noah.wait_event("stage_moved", move="decline")["by"] == cast.host.id
        cast.settle()
        assert moves(cast.viewer) == []

    def test_people_on_stage_and_open_invitations_survive(self, cast: Cast) -> None:
        cast.host.done("set_access", access="everyone")
        cast.noah.done("join", **WITH_SOUND)
        cast.host.done("invite", target=cast.viewer.id)
        cast.host.done("set_access", access="invite")
        cast.viewer.done("accept", **WITH_SOUND)
        snapshot = cast.moderator.room.join("Late Comer", web=1).messages("welcome")[0]
        assert cast.noah.id in snapshot
        assert cast.viewer.id in snapshot


def test_a_full_stage_names_its_seats_and_keeps_the_invitation(stack: Stack) -> None:
    with TestRoom(stack, seats=2) as room:
        cast = Cast(room)
        cast.host.done("join", **WITH_SOUND)
        cast.host.done("invite", target=cast.noah.id)
        cast.host.done("invite", target=cast.viewer.id)
        cast.noah.done("accept", **WITH_SOUND)
        full = cast.viewer.refused("accept", **WITH_SOUND)
        assert (full["code"], full["seats"]) == ("stage_full", 2)
        assert cast.moderator.refused("join", **WITH_SOUND)["code"] == "stage_full"
        cast.host.done("leave_stage")
        cast.viewer.done("accept", **WITH_SOUND)


def test_requests_stay_when_the_last_moderator_leaves(stack: Stack) -> None:
    with TestRoom(stack) as room:
        host = room.join("Elena Marín", Role.HOST, web=0)
        noah = room.join("Noah Kim", web=1)
        noah.done("ask")
        assert host.call("leave")["ok"]
        moderator = room.page(room.launch("Tom Baker", Role.MODERATOR), web=0)
        welcome = moderator.connect()
        assert [one["name"] for one in welcome["requests"]] == ["Noah Kim"]


def test_a_room_may_begin_in_another_mode(stack: Stack) -> None:
    opened = AccessSet(StageAccess.EVERYONE, "p_someone")  # type: ignore[arg-type]  # any id does
    with TestRoom(stack, opened) as room:
        assert room.page(room.launch("Noah Kim")).connect()["room"]["access"] == "everyone"
