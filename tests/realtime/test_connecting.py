"""Who gets in: the ticket, the origin, the page's id; and what a page is shown first."""

import json
from typing import Any

import pytest
import socketio

from lti_room.rooms.roles import Role
from lti_room.usecases.binding import new_cookie
from lti_room.usecases.ticket import TicketKind
from tests.support.pages import Page, TestRoom
from tests.support.stack import wait_until


def refusal(page: Page, **connecting: Any) -> str:
    """Connect, be refused, and return the code."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        page.open(**connecting)
    wait_until(lambda: page.error, 5, "the connection was refused with data")
    assert set(page.error["data"]) == {"code", "message"}
    return str(page.error["data"]["code"])


class TestRefused:
    """Connections that are refused, each with its code."""

    @pytest.mark.parametrize("auth", [None, {}, [], "ticket", 7, {"protocol": 1}, {"protocol": True}])
    def test_malformed(self, room: TestRoom, auth: Any) -> None:
        page = room.page(room.launch("Noah Kim"))
        assert refusal(page, auth=auth) in {"bad_message", "protocol_unknown"}

    def test_another_protocol(self, room: TestRoom) -> None:
        noah = room.launch("Noah Kim")
        auth = {"protocol": 2, "ticket": room.ticket(noah), "connection": "c_x"}
        assert refusal(room.page(noah), auth=auth) == "protocol_unknown"

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
    def test_another_origin(self, room: TestRoom, origin: str) -> None:
        assert refusal(room.page(room.launch("Noah Kim")), origin=origin) == "origin_refused"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"kind": TicketKind.ENTRY}, "ticket_invalid"),
            ({"expires_at": 1.0}, "ticket_expired"),
            ({"cookie": "__Host-lr-b-abcdef", "cookie_hash": "00"}, "ticket_invalid"),
            ({"room": "r_unknown"}, "ticket_invalid"),
        ],
    )
    def test_a_ticket_that_is_no_good(self, room: TestRoom, changes: dict[str, Any], code: str) -> None:
        assert refusal(room.page(room.launch("Noah Kim"), **changes)) == code

    def test_a_made_up_ticket(self, room: TestRoom) -> None:
        auth = {"protocol": 1, "ticket": "e30.e30.e30", "connection": "c_x"}
        assert refusal(room.page(room.launch("Noah Kim")), auth=auth) == "ticket_invalid"

    def test_after_leave_the_ticket_is_dead(self, room: TestRoom) -> None:
        noah = room.join("Noah Kim")
        assert noah.call("leave")["ok"]
        assert noah.wait("bye")["code"] == "left"
        assert refusal(room.page(noah.member)) == "ticket_expired"

    def test_somebody_elses_page_id(self, room: TestRoom) -> None:
        host = room.join("Elena Marín", Role.HOST)
        mallory = room.page(room.launch("Mallory"), web=1)
        mallory.connection = host.connection
        assert refusal(mallory) == "bad_message"
        assert host.connected

    def test_too_many_pages_of_one_person(self, room: TestRoom) -> None:
        noah = room.launch("Noah Kim")
        most = room.stack.settings.participant_connections
        for n in range(most):
            room.page(noah, web=n % 2).connect()
        assert refusal(room.page(noah)) == "room_full"

    def test_somebody_removed(self, room: TestRoom) -> None:
        host, noah = room.join("Elena Marín", Role.HOST), room.join("Noah Kim", web=1)
        host.done("remove_from_room", target=noah.id)
        assert noah.wait("bye")["code"] == "removed"
        wait_until(lambda: not noah.connected, 5, "the removed page is cut off")
        assert refusal(room.page(noah.member, web=0)) == "removed"
        host.done("readmit", target=noah.id)
        wait_until(lambda: comes_in(room.page(noah.member, web=1)), 5, "readmitted")


def comes_in(page: Page) -> bool:
    try:
        page.connect()
    except socketio.exceptions.ConnectionError:
        return False
    return True


def test_a_bound_ticket_works_with_its_cookie_alone(room: TestRoom) -> None:
    cookie, noah = new_cookie(), room.launch("Noah Kim")
    bound = {"cookie": cookie.name, "cookie_hash": cookie.hash}
    page = room.page(noah, **bound)
    page.cookies = f"{cookie.name}={cookie.value}"
    assert page.connect()["me"]["id"] == noah.id
    assert refusal(room.page(noah, **bound)) == "ticket_invalid"


def test_what_an_attendee_is_shown(room: TestRoom) -> None:
    host = room.join("Elena Marín", Role.HOST)
    host.done("join", microphone=True, camera=False)
    other = room.join("Priya Nair")
    other.done("ask")
    other.done("raise_hand")
    noah = room.page(room.launch("Noah Kim"), web=1)
    shown = noah.connect()
    assert shown["protocol"] == 1
    assert shown["room"]["title"] == "Seminar room"
    assert shown["me"]["name"] == "Noah Kim"
    assert (shown["me"]["role"], shown["me"]["place"], shown["me"]["entered"]) == (
        "attendee",
        "viewer",
        False,
    )
    assert [one["name"] for one in shown["stage"]] == ["Elena Marín"]
    assert [one["name"] for one in shown["hands"]] == ["Priya Nair"]
    assert not {"requests", "invitations", "removed"} & shown.keys()
    assert "staff" not in shown["versions"]
    assert shown["connection"] == noah.connection
    assert shown["live"]["connection"] is None
    assert shown["process"].startswith("w_")


def test_what_staff_are_shown(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    noah.done("ask")
    shown = room.page(room.launch("Tom Baker", Role.MODERATOR), web=1).connect()
    assert [one["name"] for one in shown["requests"]] == ["Noah Kim"]
    assert shown["versions"]["staff"] == shown["version"]


def test_the_welcome_is_one_string(room: TestRoom) -> None:
    page = room.page(room.launch("Noah Kim"))
    page.connect()
    assert isinstance(page.messages("welcome")[0], str)
    assert json.loads(page.messages("welcome")[0])["version"] == 1


def test_nothing_is_done_before_entering(room: TestRoom) -> None:
    page = room.page(room.launch("Elena Marín", Role.HOST))
    page.connect()
    assert page.refused("set_title", title="Mine")["code"] == "not_allowed"
    assert page.call("chat", {"id": "1", "text": "hello"})["error"]["code"] == "not_allowed"
    assert page.call("react", {"emoji": "clap"})["error"]["code"] == "not_allowed"


def test_the_first_to_enter_starts_the_session(room: TestRoom) -> None:
    page = room.page(room.launch("Noah Kim"))
    assert page.connect()["room"]["session"] is None
    page.enter()
    started = page.wait_event("session_started")
    assert started["session"].startswith("s_")
    room.join("Priya Nair", web=1)
    assert len(page.events("session_started")) == 1
