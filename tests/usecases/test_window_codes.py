"""One-time codes of new windows (rule 13): who waits for an announcement, and how many may."""

import hashlib

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.errors import AppError
from lti_room.base.redis_client import Redis
from lti_room.usecases.ticket import TicketError, TicketKind
from lti_room.usecases.window_codes import MOST_WAITING, WindowCodes
from lti_room.web import WebDeps
from tests.support.web import a_launch, settings

NEAR, FAR = "192.0.2.1", "192.0.2.2"


def code(number: int) -> str:
    return f"{number:022d}"


def codes(redis: Redis, waits: list[float], most: int = 3) -> WindowCodes:
    chosen = settings(WINDOW_CODES_PER_MINUTE=str(most))
    return WindowCodes(redis, FixedClock(), chosen, waits.append)


def announce(deps: WebDeps, codes: WindowCodes, number: int) -> None:
    boot = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    ticket = deps.tickets.open(boot.ticket, kind=TicketKind.WORKING, cookies={})
    codes.announce(ticket, hashlib.sha256(code(number).encode()).hexdigest())


def refused(codes: WindowCodes, number: int, address: str) -> str:
    with pytest.raises(AppError) as caught:
        codes.redeem(code(number), address)
    return caught.value.code


def test_codes_nobody_announced_are_limited_by_address(redis: Redis) -> None:
    waits: list[float] = []
    window_codes = codes(redis, waits)
    assert [refused(window_codes, n, NEAR) for n in range(5)] == ["ticket_expired"] * 3 + ["rate_limited"] * 2
    assert sum(waits) == pytest.approx(9.0), "who is over the limit does not wait"
    assert refused(window_codes, 9, FAR) == "ticket_expired"


def test_an_announced_code_never_meets_the_limit(redis: Redis, deps: WebDeps) -> None:
    window_codes = codes(redis, [], most=0)
    announce(deps, window_codes, 1)
    assert refused(window_codes, 2, NEAR) == "rate_limited"
    assert window_codes.redeem(code(1), NEAR).room


def test_a_code_that_was_only_early_does_not_count(redis: Redis, deps: WebDeps) -> None:
    def announced_meanwhile(_: float) -> None:
        announce(deps, window_codes, numbers[0])

    chosen = settings(WINDOW_CODES_PER_MINUTE="1")
    window_codes = WindowCodes(redis, FixedClock(), chosen, announced_meanwhile)
    numbers = list(range(5))
    while numbers:
        assert window_codes.redeem(code(numbers[0]), NEAR).room
        numbers.pop(0)


def test_only_so_many_wait_at_once(redis: Redis) -> None:
    """Those beyond are told at once to come again, which the page does by itself."""
    told: list[str] = []
    held: list[str] = []

    def wait_together(_: float) -> None:
        held.append("x")
        if len(held) < MOST_WAITING:
            with pytest.raises(AppError):
                window_codes.redeem(code(len(held)), NEAR)
        elif len(held) == MOST_WAITING:
            told.append(refused(window_codes, 999, FAR))

    window_codes = WindowCodes(redis, FixedClock(), settings(WINDOW_CODES_PER_MINUTE="1000"), wait_together)
    with pytest.raises(TicketError):
        window_codes.redeem(code(0), NEAR)
    assert told == ["busy"]
