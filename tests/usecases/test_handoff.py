"""The rules of the hand-off that live behind the pages: 1, 3, 6, 7 and 13."""

import hashlib
import threading
import time

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.errors import AppError
from lti_room.lti.registrations.registration import Platform, Registration, RegistrationStatus
from lti_room.usecases.enter import Entered
from lti_room.usecases.handoff import Boot
from lti_room.usecases.ticket import PageKind, Ticket, TicketError, TicketKind
from lti_room.web import WebDeps
from tests.support.web import a_launch

CODE = "A" * 22
HASH = hashlib.sha256(CODE.encode()).hexdigest()
PLACE = "192.0.2.1"


def cookies_of(entered: Entered) -> dict[str, str]:
    assert entered.cookie_to_set is not None
    return {entered.cookie_to_set.name: entered.cookie_to_set.value}


def opened(deps: WebDeps, boot: Boot, cookies: dict[str, str] | None = None) -> Ticket:
    return deps.tickets.open(boot.ticket, kind=TicketKind.WORKING, cookies=cookies or {})


def is_dead(deps: WebDeps, text: str, cookies: dict[str, str] | None = None) -> str:
    with pytest.raises(TicketError) as caught:
        deps.handoff.boot(text, cookies or {})
    return caught.value.code


def test_rule_01_an_entry_ticket_lives_120_s_unused(deps: WebDeps, clock: FixedClock) -> None:
    text = deps.enter.enter(a_launch(), {}).ticket_text
    clock.advance(120)
    assert is_dead(deps, text) == "ticket_expired"


def test_rule_01_and_30_s_after_its_first_use(deps: WebDeps, clock: FixedClock) -> None:
    text = deps.enter.enter(a_launch(), {}).ticket_text
    deps.handoff.boot(text, {})
    clock.advance(29)
    deps.handoff.boot(text, {})
    clock.advance(1)
    assert is_dead(deps, text) == "ticket_expired"


def test_rule_01_the_socket_refuses_an_entry_ticket(deps: WebDeps) -> None:
    text = deps.enter.enter(a_launch(), {}).ticket_text
    with pytest.raises(TicketError):
        deps.tickets.open(text, kind=TicketKind.WORKING, cookies={})


def test_rule_02_bound_where_the_launch_proved_its_cookie(deps: WebDeps) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    assert is_dead(deps, entered.ticket_text) == "ticket_invalid"
    boot = deps.handoff.boot(entered.ticket_text, cookies_of(entered))
    assert opened(deps, boot, cookies_of(entered)).bound
    assert boot.cookie is None


def test_rule_02_a_cookie_already_there_is_kept(deps: WebDeps) -> None:
    first = deps.enter.enter(a_launch(cookie_proven=True), {})
    second = deps.enter.enter(a_launch(cookie_proven=True, sub="priya"), cookies_of(first))
    assert second.cookie_to_set == first.cookie_to_set


def test_rule_03_unbound_works_and_binds_once_the_cookie_came_back(deps: WebDeps) -> None:
    boot = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    ticket = opened(deps, boot)
    assert not ticket.bound
    assert boot.cookie is not None
    cookies = {boot.cookie.name: boot.cookie.value}
    renewed = deps.handoff.renew(ticket, cookies)
    assert is_dead(deps, renewed.ticket) == "ticket_invalid"
    assert deps.handoff.boot(renewed.ticket, cookies).cookie is None


def test_rule_03_unbound_is_never_renewed_after_it_expired(deps: WebDeps, clock: FixedClock) -> None:
    boot = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    ticket = opened(deps, boot)
    clock.advance(600)
    assert is_dead(deps, boot.ticket) == "ticket_expired"
    with pytest.raises(TicketError):
        deps.handoff.renew(ticket, {})
    with pytest.raises(TicketError):
        deps.handoff.resume(boot.resume, {})


def test_rule_06_every_boot_is_a_connection_of_its_own_and_retires_nothing(
    deps: WebDeps, clock: FixedClock
) -> None:
    first = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    again = [deps.handoff.boot(first.ticket, {}) for _ in range(3)]
    assert len({boot.connection for boot in (first, *again)}) == 4
    clock.advance(300)
    for boot in (first, *again):
        assert deps.handoff.boot(boot.ticket, {}).launch == first.launch


def test_rule_06_the_old_ticket_dies_30_s_after_the_acknowledgement(deps: WebDeps, clock: FixedClock) -> None:
    boot = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    ticket = opened(deps, boot)
    clock.advance(300)
    renewed = deps.handoff.renew(ticket, {})
    clock.advance(100)
    deps.handoff.boot(boot.ticket, {})
    deps.handoff.retire(ticket)
    clock.advance(29)
    deps.handoff.boot(boot.ticket, {})
    clock.advance(1)
    assert is_dead(deps, boot.ticket) == "ticket_expired"
    with pytest.raises(TicketError):
        deps.handoff.resume(boot.resume, {})
    assert deps.handoff.boot(renewed.ticket, {}).launch == boot.launch
    assert deps.handoff.resume(renewed.resume, {}).launch == boot.launch


def test_rule_07_a_bound_page_comes_back_after_sleep(deps: WebDeps, clock: FixedClock) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    cookies = cookies_of(entered)
    boot = deps.handoff.boot(entered.ticket_text, cookies)
    clock.advance(6 * 3600)
    back = deps.handoff.resume(boot.resume, cookies)
    assert back.launch == boot.launch
    assert back.connection != boot.connection
    assert opened(deps, back, cookies).expires_at == clock.now() + 600


def test_rule_07_the_secret_rotates_with_30_s_for_an_answer_that_was_lost(
    deps: WebDeps, clock: FixedClock
) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    cookies = cookies_of(entered)
    boot = deps.handoff.boot(entered.ticket_text, cookies)
    clock.advance(3600)
    deps.handoff.resume(boot.resume, cookies)
    clock.advance(29)
    deps.handoff.resume(boot.resume, cookies)
    clock.advance(1)
    with pytest.raises(TicketError):
        deps.handoff.resume(boot.resume, cookies)


def test_rule_07_the_secret_is_bound_to_the_cookie(deps: WebDeps) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    boot = deps.handoff.boot(entered.ticket_text, cookies_of(entered))
    with pytest.raises(TicketError):
        deps.handoff.resume(boot.resume, {})


def test_rule_07_nothing_is_renewed_12_h_after_the_launch(deps: WebDeps, clock: FixedClock) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    cookies = cookies_of(entered)
    boot = deps.handoff.boot(entered.ticket_text, cookies)
    clock.advance(12 * 3600 - 60)
    boot = deps.handoff.resume(boot.resume, cookies)
    ticket = opened(deps, boot, cookies)
    assert ticket.expires_at == clock.now() + 60
    clock.advance(60)
    assert is_dead(deps, boot.ticket, cookies) == "ticket_expired"
    for attempt in (
        lambda: deps.handoff.resume(boot.resume, cookies),
        lambda: deps.handoff.renew(ticket, cookies),
    ):
        with pytest.raises(TicketError):
            attempt()


def test_rule_07_leave_kills_everything_of_that_launch_and_nothing_else(deps: WebDeps) -> None:
    text = deps.enter.enter(a_launch(), {}).ticket_text
    tabs = [deps.handoff.boot(text, {}) for _ in range(2)]
    deps.handoff.announce_window(opened(deps, tabs[0]), HASH)
    other = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    deps.handoff.leave(tabs[0].launch.id)
    for boot in tabs:
        assert is_dead(deps, boot.ticket) == "ticket_expired"
        with pytest.raises(TicketError):
            deps.handoff.resume(boot.resume, {})
    with pytest.raises(TicketError):
        deps.handoff.enter_with_code(CODE, {}, PLACE)
    deps.handoff.boot(other.ticket, {})


def test_rule_13_a_code_opens_one_window_with_a_binding_of_its_own(deps: WebDeps) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    frame = deps.handoff.boot(entered.ticket_text, cookies_of(entered))
    deps.handoff.announce_window(opened(deps, frame, cookies_of(entered)), HASH)
    window = deps.handoff.enter_with_code(CODE, {}, PLACE)
    assert window.launch == frame.launch
    assert window.page is PageKind.WINDOW
    assert window.cookie is not None
    assert window.cookie != entered.cookie_to_set
    assert not opened(deps, window).bound
    with pytest.raises(TicketError):
        deps.handoff.enter_with_code(CODE, {}, PLACE)


def test_rule_13_the_page_kind_survives_a_reload_and_a_renewal(deps: WebDeps) -> None:
    frame = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    deps.handoff.announce_window(opened(deps, frame), HASH)
    window = deps.handoff.enter_with_code(CODE, {}, PLACE)
    renewed = deps.handoff.renew(opened(deps, window), {})
    assert deps.handoff.boot(renewed.ticket, {}).page is PageKind.WINDOW
    assert deps.handoff.boot(frame.ticket, {}).page is PageKind.TAB


def test_rule_13_a_window_waits_for_its_announcement(deps: WebDeps) -> None:
    frame = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    ticket = opened(deps, frame)
    later = threading.Timer(0.4, deps.handoff.announce_window, (ticket, HASH))
    later.start()
    assert deps.handoff.enter_with_code(CODE, {}, PLACE).launch == frame.launch
    later.join()


def test_rule_13_but_no_longer_than_three_seconds(deps: WebDeps) -> None:
    started = time.monotonic()
    with pytest.raises(TicketError):
        deps.handoff.enter_with_code(CODE, {}, PLACE)
    assert 2.5 < time.monotonic() - started < 4.5


def test_rule_13_a_code_lasts_60_s(deps: WebDeps) -> None:
    frame = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    deps.handoff.announce_window(opened(deps, frame), HASH)
    assert 58 <= int(str(deps.redis.ttl(f"window:{HASH}"))) <= 60


@pytest.mark.parametrize("code_hash", ["", "ab", HASH.upper(), HASH + "0", CODE])
def test_rule_13_only_a_hash_is_announced(deps: WebDeps, code_hash: str) -> None:
    frame = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    with pytest.raises(AppError) as caught:
        deps.handoff.announce_window(opened(deps, frame), code_hash)
    assert caught.value.code == "bad_message"


def test_secrets_are_not_in_redis(deps: WebDeps) -> None:
    entered = deps.enter.enter(a_launch(cookie_proven=True), {})
    boot = deps.handoff.boot(entered.ticket_text, cookies_of(entered))
    assert entered.cookie_to_set is not None
    kept = b"".join(
        bytes(key) + (deps.redis.dump(key) or b"")
        for key in deps.redis.keys("*")
        if b"ticket" not in bytes(key)
    )
    for secret in (entered.ticket_text, boot.ticket, boot.resume, entered.cookie_to_set.value):
        assert secret.encode() not in kept


def test_a_platform_that_is_switched_off_keeps_nobody(deps: WebDeps) -> None:
    school = Registration(
        id="reg1",
        name="School",
        platform=Platform.CANVAS,
        issuer="https://school.example",
        client_id="1",
        auth_login_url="https://school.example/auth",
        auth_token_url="https://school.example/token",
        jwks_url="https://school.example/jwks",
    )
    deps.registrations.insert(school)
    boot = deps.handoff.boot(deps.enter.enter(a_launch(), {}).ticket_text, {})
    deps.registrations.set_status("reg1", RegistrationStatus.DISABLED)
    assert is_dead(deps, boot.ticket) == "ticket_expired"
    with pytest.raises(TicketError):
        deps.handoff.resume(boot.resume, {})
    with pytest.raises(TicketError):
        deps.handoff.renew(opened(deps, boot), {})
    deps.registrations.set_status("reg1", RegistrationStatus.ACTIVE)
    deps.handoff.renew(opened(deps, boot), {})
