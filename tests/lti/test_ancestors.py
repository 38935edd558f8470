"""What the login page tells about the pages around its frame (hand-off rule 12)."""

from typing import Any

import pytest

from tests.lti.conftest import School
from tests.support.visitor import Reply, Visitor

FRAMED = {"Sec-Fetch-Dest": "iframe"}
PORTAL = "https://portal.example"


def tell(visitor: Visitor, state: str, *origins: str) -> Reply:
    return visitor.ask("POST", "/lti/ancestors", json={"state": state, "ancestors": list(origins)})


def launch(school: School, visitor: Visitor, asked: dict[str, str]) -> Reply:
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    return visitor.launch(asked["state"], token)


def test_rule_12_a_login_in_a_frame_tries_the_browser_before_the_hint_is_spent(school: School) -> None:
    """Moodle names no storage, and takes its hint once: the page comes first, with everything it needs."""
    visitor = school.visitor()
    parameters = school.moodle.login_parameters(school.tool)
    page = visitor.ask("POST", "/lti/login", data=parameters, headers=FRAMED)
    assert page.status == 200
    assert "location" not in page.headers
    assert f'data-next="{school.moodle.url}/auth?' in page.text
    assert "/lti/login?iss=" in page.text
    assert "lr_window=1" in page.text
    assert visitor.ask("POST", "/lti/login", data=parameters).status == 302, (
        "who is not framed goes on at once"
    )
    window = visitor.ask("GET", "/lti/login", params=parameters | {"lr_window": "1"})
    assert window.status == 200
    assert "Allow cookies for the room" in window.text
    assert "Open in a new window" not in window.text, "no window leads to another"


def test_rule_12_a_window_without_cookies_is_told_so_once_more(school: School) -> None:
    visitor = school.visitor()
    parameters = school.canvas.login_parameters(school.tool, lr_window="1")
    page = visitor.ask("GET", "/lti/login", params=parameters)
    state = page.text.split('data-state="')[1].split('"')[0]
    nonce = page.text.split("nonce=")[1].split("&")[0]
    token = school.canvas.sign(school.canvas.claims(school.tool, nonce))
    without = Visitor(school.tool).launch(state, token)
    assert (without.status, without.error) == (200, "cookies_blocked")
    assert "Open in a new window" not in without.text
    assert token not in without.text, "there is nothing more to try with it"
    assert visitor.launch(state, token).status == 303


def test_rule_12_a_page_outside_is_named_and_the_window_gets_in(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    assert tell(visitor, asked["state"], school.canvas.url, PORTAL).status == 204
    reply = launch(school, visitor, asked)
    assert (reply.status, reply.error) == (403, "frame_not_allowed")
    assert PORTAL in reply.text
    assert "frame-ancestors *" in reply.headers["content-security-policy"]
    ticket = reply.text.split("/rooms/")[1].split("#")[1].split('"')[0]
    window = Visitor(school.tool).ask("GET", "/api/boot", headers={"Authorization": f"Bearer {ticket}"})
    assert window.status == 200, "the ticket is not bound to the frame's cookies"
    noted = school.registrations.noted_frame_ancestors(school.registration_id(school.canvas))
    assert PORTAL in noted


@pytest.mark.parametrize("around", ["null", "http://<script>alert(1)</script>", "https://192.0.2.1"])
def test_rule_12_what_is_no_origin_is_not_noted(school: School, around: str) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    assert tell(visitor, asked["state"], around).status == 204
    reply = launch(school, visitor, asked)
    assert (reply.status, reply.error) == (403, "frame_not_allowed")
    assert "<script>alert" not in reply.text
    noted = school.registrations.noted_frame_ancestors(school.registration_id(school.canvas))
    assert around not in noted


def test_rule_12_allowed_pages_see_the_room(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    tell(visitor, asked["state"], school.canvas.url, school.tenant.url, school.tool)
    assert visitor.boot(launch(school, visitor, asked))["participant"]["role"] == "host"


def test_rule_12_the_first_word_counts_and_only_while_the_login_is_open(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    assert tell(visitor, asked["state"], school.canvas.url).status == 204
    assert tell(visitor, asked["state"], PORTAL).status == 204
    assert launch(school, visitor, asked).status == 303
    before = set(school.redis.scan_iter("*"))
    assert tell(visitor, asked["state"], PORTAL).status == 204
    assert tell(visitor, "state-00000000-0000-4000-8000-000000000000", PORTAL).status == 204
    assert set(school.redis.scan_iter("*")) == before, "nothing is kept for logins that are not there"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"state": 1, "ancestors": []},
        {"state": "x"},
        {"state": "x", "ancestors": [1]},
        {"state": "x", "ancestors": ["x" * 256]},
        {"state": "x", "ancestors": ["https://a.example"] * 17},
    ],
)
def test_a_message_of_another_shape(school: School, sent: Any) -> None:
    reply = school.visitor().ask("POST", "/lti/ancestors", json=sent)
    assert (reply.status, reply.error) == (400, "bad_message")


def test_a_state_that_is_none(school: School) -> None:
    reply = tell(school.visitor(), "../keys:tool", PORTAL)
    assert (reply.status, reply.error) == (400, "bad_state")
