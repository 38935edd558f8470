"""`GET /api/boot` and `POST /api/enter`: what a page gets for a ticket, a code or a resume secret."""

import hashlib
from typing import Any

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.lti.roles import LaunchRole
from lti_room.rooms.events import RoleGiven
from lti_room.rooms.roles import Role
from lti_room.usecases.people import participant_id
from lti_room.usecases.ticket import TicketKind
from lti_room.web import WebDeps
from tests.support import web

CODE = "A" * 22


def boot(site: str, ticket: str, **cookies: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {ticket}"}
    if cookies:
        # Sent by hand: the client would hold a Secure cookie back from http.
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return requests.get(f"{site}/api/boot", headers=headers, timeout=5)


def enter(site: str, body: Any) -> requests.Response:
    return requests.post(f"{site}/api/enter", json=body, timeout=8)


def error(answer: requests.Response) -> str:
    return str(answer.json()["error"]["code"])


def test_what_a_page_gets(site: str, deps: WebDeps) -> None:
    entered = deps.enter.enter(web.a_launch(), {})
    answer = boot(site, entered.ticket_text)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert body["protocol"] == 1
    assert body["room"] == {"id": entered.room, "title": "Seminar room"}
    assert body["participant"] == {
        "id": participant_id("reg1", "noah"),
        "name": "Noah Kim",
        "role": "attendee",
        "teaches": False,
    }
    assert body["socket"] == {"path": "/socket", "namespace": "/room"}
    assert body["connection"].startswith("c_")
    assert body["page"] == "tab"
    assert body["course"] == {"title": "Biology 101", "label": "BIO"}
    assert body["return_url"] == "https://school.example/course/1"
    assert body["settings"]["chat_characters"] == 2000
    deps.tickets.open(body["ticket"], kind=TicketKind.WORKING, cookies={})


def test_the_role_a_host_gave_wins(site: str, deps: WebDeps) -> None:
    entered = deps.enter.enter(web.a_launch(), {})
    me, host = participant_id("reg1", "noah"), participant_id("reg1", "elena")
    deps.store.append(entered.room, 1, [RoleGiven(me, Role.MODERATOR, host)], 0.0)
    assert boot(site, entered.ticket_text).json()["participant"]["role"] == "moderator"
    assert boot(site, entered.ticket_text).json()["participant"]["teaches"] is False
    assistant = deps.enter.enter(web.a_launch(sub="jonas", role=LaunchRole.MODERATOR), {})
    assert boot(site, assistant.ticket_text).json()["participant"]["teaches"] is True


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer a.b.c", "Bearer x" * 500]
)
def test_rule_16_without_a_ticket(site: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = requests.get(f"{site}/api/boot", headers=headers, timeout=5)
    assert (answer.status_code, error(answer)) == (401, "ticket_invalid")


def test_rule_16_an_expired_ticket(site: str, deps: WebDeps, clock: FixedClock) -> None:
    entered = deps.enter.enter(web.a_launch(), {})
    clock.advance(121)
    answer = boot(site, entered.ticket_text)
    assert (answer.status_code, error(answer)) == (401, "ticket_expired")


def test_a_reload_works(site: str, deps: WebDeps) -> None:
    first = boot(site, deps.enter.enter(web.a_launch(), {}).ticket_text).json()
    again = boot(site, first["ticket"]).json()
    assert again["participant"] == first["participant"]
    assert again["connection"] != first["connection"]


def test_rule_02_the_cookie_of_the_launch_is_required(site: str, deps: WebDeps) -> None:
    entered = deps.enter.enter(web.a_launch(cookie_proven=True), {})
    cookie = entered.cookie_to_set
    assert cookie is not None
    assert error(boot(site, entered.ticket_text)) == "ticket_invalid"
    assert error(boot(site, entered.ticket_text, **{cookie.name: "x" * 43})) == "ticket_invalid"
    answer = boot(site, entered.ticket_text, **{cookie.name: cookie.value})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_rule_03_an_unbound_boot_sets_a_cookie_and_the_next_ticket_binds(site: str, deps: WebDeps) -> None:
    answer = boot(site, deps.enter.enter(web.a_launch(), {}).ticket_text)
    cookie = answer.headers["Set-Cookie"]
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"):
        assert part in cookie.split("; ")
    name, value = cookie.split(";")[0].split("=")
    again = boot(site, answer.json()["ticket"], **{name: value})
    assert again.headers["Set-Cookie"].startswith(f"{name}={value};")
    assert error(boot(site, again.json()["ticket"])) == "ticket_invalid"
    assert boot(site, again.json()["ticket"], **{name: value}).status_code == 200


def test_two_people_in_one_browser_do_not_mix(site: str, deps: WebDeps) -> None:
    first = deps.enter.enter(web.a_launch(cookie_proven=True), {})
    assert first.cookie_to_set is not None
    jar = {first.cookie_to_set.name: first.cookie_to_set.value}
    second = deps.enter.enter(web.a_launch(cookie_proven=True, sub="elena", role=LaunchRole.HOST), jar)
    assert boot(site, first.ticket_text, **jar).json()["participant"]["role"] == "attendee"
    assert boot(site, second.ticket_text, **jar).json()["participant"]["role"] == "host"
    assert boot(site, first.ticket_text, **jar).json()["participant"]["role"] == "attendee"


def test_rule_13_a_code_opens_one_window(site: str, deps: WebDeps) -> None:
    page = boot(site, deps.enter.enter(web.a_launch(), {}).ticket_text).json()
    ticket = deps.tickets.open(page["ticket"], kind=TicketKind.WORKING, cookies={})
    deps.handoff.announce_window(ticket, hashlib.sha256(CODE.encode()).hexdigest())
    window = enter(site, {"code": CODE})
    assert window.json()["participant"] == page["participant"]
    assert window.json()["page"] == "window"
    assert "Set-Cookie" in window.headers
    second = enter(site, {"code": CODE})
    assert (second.status_code, error(second)) == (401, "ticket_expired")


def test_rule_07_a_resume_secret_brings_a_page_back(site: str, deps: WebDeps) -> None:
    page = boot(site, deps.enter.enter(web.a_launch(), {}).ticket_text).json()
    back = enter(site, {"resume": page["resume"]}).json()
    assert back["participant"] == page["participant"]
    assert back["resume"] != page["resume"]


@pytest.mark.parametrize("secret", ["", "x", "x" * 43, "x" * 5000])
def test_rule_16_an_unknown_secret(site: str, secret: str) -> None:
    assert enter(site, {"resume": secret}).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, [], None, "x", {"code": 1}, {"code": CODE, "resume": "x"}, {"other": "x"}]
)
def test_a_message_of_another_shape(site: str, body: Any) -> None:
    answer = enter(site, body)
    assert (answer.status_code, error(answer)) == (400, "bad_message")


def test_a_form_of_another_site_cannot_speak_json(site: str) -> None:
    answer = requests.post(
        f"{site}/api/enter", data='{"code":"x"}', headers={"Content-Type": "text/plain"}, timeout=5
    )
    assert (answer.status_code, error(answer)) == (400, "bad_message")


def test_rule_08_a_get_consumes_nothing(site: str, deps: WebDeps) -> None:
    entered = deps.enter.enter(web.a_launch(), {})
    before = sorted(bytes(key) for key in deps.redis.keys("*"))
    for address in (f"/rooms/{entered.room}", "/api/enter", "/health/live", "/"):
        requests.get(site + address, timeout=5)
    assert sorted(bytes(key) for key in deps.redis.keys("*")) == before
    assert boot(site, entered.ticket_text).status_code == 200
