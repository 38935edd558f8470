"""Tickets: what is sealed opens again, and nothing else does."""

import base64
import json
from dataclasses import replace

import jwt
import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.ids import LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.rooms.roles import Role
from lti_room.usecases.binding import new_cookie
from lti_room.usecases.ticket import PageKind, Ticket, TicketError, TicketKind, Tickets

COOKIE = new_cookie()
OTHER = new_cookie()


@pytest.fixture
def tickets(redis: Redis, clock: FixedClock, settings: Settings) -> Tickets:
    redis.set("launch:l_1", "{}")
    return Tickets(redis, clock, settings)


def a_ticket(clock: FixedClock) -> Ticket:
    return Ticket(
        kind=TicketKind.WORKING,
        id="t_1",
        room=RoomId("r_1"),
        participant=ParticipantId("p_1"),
        launch=LaunchId("l_1"),
        role=Role.MODERATOR,
        cookie=None,
        cookie_hash=None,
        issued_at=clock.now(),
        expires_at=clock.now() + 600,
        page=PageKind.WINDOW,
    )


def bound(ticket: Ticket) -> Ticket:
    return replace(ticket, cookie=COOKIE.name, cookie_hash=COOKIE.hash)


def refusal(tickets: Tickets, text: str, kind: TicketKind | None = TicketKind.WORKING, **cookies: str) -> str:
    with pytest.raises(TicketError) as caught:
        tickets.open(text, kind=kind, cookies=cookies)
    return caught.value.code


def test_what_is_sealed_opens_again(tickets: Tickets, clock: FixedClock) -> None:
    ticket = bound(a_ticket(clock))
    opened = tickets.open(tickets.seal(ticket), kind=TicketKind.WORKING, cookies={COOKIE.name: COOKIE.value})
    assert opened == ticket


def test_every_process_opens_what_another_one_sealed(
    redis: Redis, tickets: Tickets, clock: FixedClock, settings: Settings
) -> None:
    text = tickets.seal(a_ticket(clock))
    assert Tickets(redis, clock, settings).open(text, kind=None, cookies={}) == a_ticket(clock)


def test_a_process_whose_key_was_replaced_rereads_it(
    redis: Redis, tickets: Tickets, clock: FixedClock, settings: Settings
) -> None:
    tickets.seal(a_ticket(clock))
    redis.delete("keys:ticket")
    text = Tickets(redis, clock, settings).seal(a_ticket(clock))
    assert tickets.open(text, kind=None, cookies={}) == a_ticket(clock)


def test_a_ticket_of_the_other_kind_is_refused(tickets: Tickets, clock: FixedClock) -> None:
    text = tickets.seal(replace(a_ticket(clock), kind=TicketKind.ENTRY))
    assert refusal(tickets, text, TicketKind.WORKING) == "ticket_invalid"


def test_kind_in_claims_and_header_must_agree(redis: Redis, tickets: Tickets, clock: FixedClock) -> None:
    text = tickets.seal(replace(a_ticket(clock), kind=TicketKind.ENTRY))
    claims = jwt.decode(text, options={"verify_signature": False})
    key = json.loads(redis.get("keys:ticket") or b"{}")
    header = {"typ": "lti-room-entry+jwt", "kid": key["kid"]}
    mixed = jwt.encode(claims | {"kind": "working"}, base64.b64decode(key["key"]), "HS256", headers=header)
    assert refusal(tickets, mixed) == "ticket_invalid"


def test_it_dies_at_its_time(tickets: Tickets, clock: FixedClock) -> None:
    text = tickets.seal(a_ticket(clock))
    clock.advance(599)
    tickets.open(text, kind=None, cookies={})
    clock.advance(1)
    assert refusal(tickets, text) == "ticket_expired"


def test_it_dies_with_its_launch(redis: Redis, tickets: Tickets, clock: FixedClock) -> None:
    text = tickets.seal(a_ticket(clock))
    redis.delete("launch:l_1")
    assert refusal(tickets, text) == "ticket_expired"


def test_a_retired_one_works_for_thirty_seconds_whatever_is_asked_again(
    tickets: Tickets, clock: FixedClock
) -> None:
    text = tickets.seal(a_ticket(clock))
    tickets.retire("t_1")
    clock.advance(29)
    tickets.retire("t_1")
    tickets.open(text, kind=None, cookies={})
    clock.advance(1)
    assert refusal(tickets, text) == "ticket_expired"


@pytest.mark.parametrize(
    "cookies", [{}, {COOKIE.name: OTHER.value}, {OTHER.name: COOKIE.value}, {COOKIE.name: ""}]
)
def test_a_bound_one_needs_its_cookie(tickets: Tickets, clock: FixedClock, cookies: dict[str, str]) -> None:
    assert refusal(tickets, tickets.seal(bound(a_ticket(clock))), **cookies) == "ticket_invalid"


def tampered(text: str) -> list[str]:
    header, body, signature = text.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"lti-room-working+jwt"}').decode().rstrip("=")
    other = jwt.encode({"kind": "working"}, "k" * 32, "HS256")
    return [
        "",
        "a.b.c",
        f"{header}.{body}",
        f"{header}.{body}.{signature[:-2]}AA",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        other,
        text + " ",
        text * 10,
        "\N{SNOWMAN}",
    ]


@pytest.mark.parametrize("which", range(10))
def test_nothing_else_opens(tickets: Tickets, clock: FixedClock, which: int) -> None:
    assert refusal(tickets, tampered(tickets.seal(a_ticket(clock)))[which]) == "ticket_invalid"


def test_another_algorithm_with_our_key_is_refused(redis: Redis, tickets: Tickets, clock: FixedClock) -> None:
    claims = jwt.decode(tickets.seal(a_ticket(clock)), options={"verify_signature": False})
    key = json.loads(redis.get("keys:ticket") or b"{}")
    header = {"typ": "lti-room-working+jwt", "kid": key["kid"]}
    text = jwt.encode(claims, base64.b64decode(key["key"]) * 2, "HS512", headers=header)
    assert refusal(tickets, text) == "ticket_invalid"
