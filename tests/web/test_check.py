"""The check page over real HTTP: who gets its ticket, what that opens, and what the page learns."""

import re
from typing import Any

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.roles import LaunchRole
from lti_room.rooms.roles import Role
from lti_room.web import WebDeps
from lti_room.web.check import is_check
from tests.support import web

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"


@pytest.fixture
def school(deps: WebDeps) -> Registration:
    """A Moodle whose key set nobody serves."""
    made = from_mapping(
        {
            "name": "North School",
            "platform": "moodle",
            "issuer": "https://moodle.example",
            "client_id": "abc",
            "frame_origins": ["https://portal.example"],
            "auth_login_url": "https://moodle.example/auth",
            "auth_token_url": "https://moodle.example/token",
            "jwks_url": "http://127.0.0.1:9/keys",
        },
        development=True,
    )
    deps.registrations.insert(made)
    return made


def ticket_of(deps: WebDeps, school: Registration, **changes: Any) -> str:
    said: dict[str, Any] = {
        "registration_id": school.id,
        "role": LaunchRole.HOST,
        "target_link_uri": f"{deps.settings.public_url}/lti/check",
        "return_url": "https://moodle.example/course/1",
    }
    return deps.checks.start(web.a_launch(**(said | changes)), {}).ticket_text


def ask(site: str, ticket: str, ancestors: list[str] | None = None) -> requests.Response:
    return requests.post(
        f"{site}/api/check",
        json={"ancestors": ancestors or []},
        headers={"Authorization": f"Bearer {ticket}"},
        timeout=10,
    )


def test_a_launch_of_its_address_asks_for_the_page(deps: WebDeps) -> None:
    own = deps.settings.public_url
    assert is_check(web.a_launch(target_link_uri=f"{own}/lti/check"))
    assert is_check(web.a_launch(target_link_uri=f"{own}/lti/check?from=menu"))
    assert not is_check(web.a_launch(target_link_uri=f"{own}/lti/launch?x=/lti/check"))


def test_the_page_is_the_same_for_everybody_and_may_stand_in_every_frame(site: str) -> None:
    page = requests.get(f"{site}/lti/check", timeout=5)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'self';" in policy
    assert re.search(r"connect-src 'self' ws://127\.0\.0\.1:\d+;", policy)
    assert page.headers["Cache-Control"] == "no-store"


def test_what_the_server_knows(site: str, deps: WebDeps, school: Registration, clock: FixedClock) -> None:
    services = {
        "names_roles": {"context_memberships_url": "https://moodle.example/members"},
        "grades": {"scope": [f"{AGS}lineitem", f"{AGS}score"], "lineitems": "https://moodle.example/l"},
    }
    answer = ask(site, ticket_of(deps, school, services=services))
    assert answer.status_code == 200
    facts = answer.json()
    assert (facts["issuer"], facts["client_id"], facts["deployment"]) == (school.issuer, "abc", "dep1")
    assert facts["names_roles"] is True
    assert facts["grade_scopes"] == ["lineitem", "score"]
    assert facts["has_line_items"] is True
    assert facts["from_room"] is False
    assert facts["now"] == clock.now()
    assert facts["state"] == {"usable_keys": 0, "problem": "unreachable", "clock_difference": None}


def test_nothing_in_the_answer_is_about_a_person(site: str, deps: WebDeps, school: Registration) -> None:
    said = ask(site, ticket_of(deps, school, email="noah@school.example")).text
    assert not re.search(r"[Nn]oah|p_[a-z2-9]{16}|course/1", said)


def test_pages_around_the_lms_are_named_and_noted_for_the_admin(
    site: str, deps: WebDeps, school: Registration
) -> None:
    around = ["https://moodle.example", "https://portal.example", "https://other.example", "null"]
    facts = ask(site, ticket_of(deps, school), around).json()
    assert facts["outside"] == ["https://other.example"]
    assert list(deps.registrations.noted_frame_ancestors(school.id)) == ["https://other.example"]


def test_an_attendee_gets_no_ticket(deps: WebDeps, school: Registration) -> None:
    with pytest.raises(Exception, match="check_not_allowed"):
        ticket_of(deps, school, role=LaunchRole.ATTENDEE)


@pytest.mark.parametrize("ticket", ["", "a.b.c"])
def test_nobody_learns_anything_without_a_ticket(site: str, ticket: str) -> None:
    assert ask(site, ticket).status_code == 401
    answer = requests.post(f"{site}/api/check/media", json={"sdp": "x", "mid": "0"}, timeout=5)
    assert answer.status_code == 401


def test_a_ticket_of_the_page_opens_no_room(site: str, deps: WebDeps, school: Registration) -> None:
    entered = deps.enter.enter(web.a_launch(registration_id=school.id, role=LaunchRole.HOST), {})
    launch = deps.launches.load(entered.launch)
    assert launch
    ticket = deps.checks.start_from_room(launch, Role.HOST, {})
    headers = {"Authorization": f"Bearer {ticket}"}
    assert ask(site, ticket).status_code == 200
    assert requests.get(f"{site}/api/boot", headers=headers, timeout=5).status_code == 401
    assert requests.post(f"{site}/api/check/ticket", headers=headers, timeout=5).status_code == 401


def test_a_ticket_of_a_room_opens_no_check_page(site: str, deps: WebDeps, school: Registration) -> None:
    entered = deps.enter.enter(web.a_launch(registration_id=school.id, role=LaunchRole.HOST), {})
    assert ask(site, entered.ticket_text).status_code == 401


@pytest.mark.parametrize(("role", "status"), [(LaunchRole.MODERATOR, 200), (LaunchRole.ATTENDEE, 403)])
def test_staff_come_from_their_room(
    site: str, deps: WebDeps, school: Registration, role: LaunchRole, status: int
) -> None:
    entered = deps.enter.enter(web.a_launch(registration_id=school.id, role=role), {})
    boot = deps.handoff.boot(entered.ticket_text, {})
    headers = {"Authorization": f"Bearer {boot.ticket}"}
    answer = requests.post(f"{site}/api/check/ticket", headers=headers, timeout=5)
    assert answer.status_code == status
    if status == 200:
        address, _, ticket = answer.json()["address"].partition("#")
        assert address == "/lti/check"
        assert ask(site, ticket).json()["from_room"] is True


def test_the_ticket_dies_with_its_time_and_with_its_launch(
    site: str, deps: WebDeps, school: Registration, clock: FixedClock
) -> None:
    ticket = ticket_of(deps, school)
    assert ask(site, ticket).status_code == 200
    clock.advance(deps.settings.ticket_seconds)
    assert ask(site, ticket).status_code == 401


def test_the_platform_is_not_asked_at_every_reload(
    site: str, deps: WebDeps, school: Registration, redis_calls: list[str]
) -> None:
    ticket = ticket_of(deps, school)
    for _ in range(5):
        assert ask(site, ticket).status_code == 200
    assert redis_calls == [school.jwks_url]


@pytest.fixture
def redis_calls(deps: WebDeps, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are fetched."""
    fetched: list[str] = []
    whole = deps.checks._http.get

    def get(url: str, **how: Any) -> Any:
        fetched.append(url)
        return whole(url, **how)

    monkeypatch.setattr(deps.checks._http, "get", get)
    return fetched


def test_a_page_that_asks_for_ever_is_stopped(site: str, deps: WebDeps, school: Registration) -> None:
    ticket = ticket_of(deps, school)
    answers = [ask(site, ticket).status_code for _ in range(32)]
    assert answers[:30] == [200] * 30
    assert answers[30:] == [429, 429]


@pytest.mark.parametrize(
    "body", [None, {}, {"ancestors": "x"}, {"ancestors": [1]}, {"ancestors": ["x"] * 17}]
)
def test_what_is_malformed_is_refused(site: str, deps: WebDeps, school: Registration, body: object) -> None:
    headers = {"Authorization": f"Bearer {ticket_of(deps, school)}"}
    answer = requests.post(f"{site}/api/check", json=body, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_message")


def test_without_a_media_server_that_is_said(site: str, deps: WebDeps, school: Registration) -> None:
    answer = requests.post(
        f"{site}/api/check/media",
        json={"sdp": "v=0", "mid": "0"},
        headers={"Authorization": f"Bearer {ticket_of(deps, school)}"},
        timeout=5,
    )
    assert answer.json()["error"]["code"] == "media_unreachable"


def test_a_moderator_of_today_checks_with_the_role_of_today(deps: WebDeps, school: Registration) -> None:
    entered = deps.enter.enter(web.a_launch(registration_id=school.id), {})
    launch = deps.launches.load(entered.launch)
    assert launch
    assert deps.checks.start_from_room(launch, Role.MODERATOR, {})
    with pytest.raises(Exception, match="check_not_allowed"):
        deps.checks.start_from_room(launch, Role.ATTENDEE, {})
