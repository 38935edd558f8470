"""The attack table, row 17: limits per registration and address, and who never meets one."""

from urllib.parse import parse_qs, urlsplit

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import load
from lti_room.lti.errors import LaunchError
from lti_room.lti.launching.launch import LaunchRequest
from lti_room.lti.launching.login import LoginRequest
from lti_room.lti.launching.rate_limit import RateLimit, place_of
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.tool import LtiTool
from tests.lti.conftest import NOW, School
from tests.support.platform import ABSENT, Mood
from tests.support.visitor import Reply, Visitor
from tests.support.web import settings


def test_row_017_limit_per_registration_and_address(redis: Redis) -> None:
    clock = FixedClock(NOW)
    limit = RateLimit(redis, clock, "login", 3)
    for _ in range(3):
        limit.count("r1", "192.0.2.1")
    with pytest.raises(LaunchError, match="rate_limited"):
        limit.count("r1", "192.0.2.1")
    limit.count("r1", "192.0.2.2")
    limit.count("r2", "192.0.2.1")
    assert all(0 < redis.ttl(key) <= 120 for key in redis.scan_iter("rate:*"))
    clock.advance(60)
    limit.count("r1", "192.0.2.1")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_row_017_a_network_of_ipv6_is_one_place(address: str, place: str) -> None:
    assert place_of(address) == place


def test_row_017_the_limits_of_the_issue_are_the_defaults() -> None:
    chosen = load({"LTI_ROOM_DEVELOPMENT": "1"})
    assert (chosen.logins_per_minute, chosen.failed_launches_per_minute) == (3000, 30)


def test_row_017_too_many_logins(redis: Redis, school: School) -> None:
    chosen = settings(PUBLIC_URL=school.tool, LOGINS_PER_MINUTE="20")
    registration = from_mapping(school.canvas.registration(), development=True)
    tool = LtiTool(
        redis=redis, clock=school.clock, settings=chosen, registrations=RegistrationList([registration])
    )
    fields = {name: [value] for name, value in school.canvas.login_parameters(school.tool).items()}
    request = LoginRequest(fields=fields, address="192.0.2.9")
    states = {parse_qs(urlsplit(tool.login(request).redirect_url).query)["state"][0] for _ in range(20)}
    assert len(states) == 20
    for _ in range(30):
        with pytest.raises(LaunchError, match="rate_limited") as caught:
            tool.login(request)
    assert caught.value.status == 429
    assert len(list(redis.scan_iter("login:*"))) == 20, "a flood fills no memory"
    tool.login(LoginRequest(fields=fields, address="192.0.2.10"))
    asked = LaunchRequest(fields={"state": [states.pop()]}, cookies={}, address="192.0.2.9")
    with pytest.raises(LaunchError, match="browser_not_proven"):
        tool.launch(asked)


def _junk(school: School) -> Reply:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    claims = school.canvas.claims(school.tool, asked["nonce"], aud="somebody")
    return visitor.launch(asked["state"], school.canvas.sign(claims))


def test_row_017_failed_launches(school: School) -> None:
    seen = [_junk(school) for _ in range(33)]
    assert [reply.error for reply in seen] == ["aud_mismatch"] * 30 + ["rate_limited"] * 3
    assert (seen[-1].status, seen[-1].headers["retry-after"]) == (429, "10")
    assert school.visitor().enter(school.canvas).status == 303, "one of a class must not lock out the others"
    school.clock.advance(60)
    assert _junk(school).error == "aud_mismatch"


def test_row_017_a_class_behind_one_address_is_never_limited(school: School) -> None:
    for number in range(200):
        visitor = school.visitor()
        asked = visitor.started(school.canvas)
        claims = school.canvas.claims(school.tool, asked["nonce"], "student", sub=f"student-{number}")
        token = school.canvas.sign(claims)
        assert visitor.launch(asked["state"], token).status == 303
        assert visitor.launch(asked["state"], token).error == "state_unknown_or_used", "a reload"
    assert not list(school.redis.scan_iter("rate:launch:*"))


def test_what_is_nobodys_fault_does_not_count(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    fields = {"state": asked["state"], "id_token": token}
    blocked = Visitor(school.tool).ask(
        "POST", "/lti/launch", data=fields, headers={"Sec-Fetch-Dest": "iframe"}
    )
    assert blocked.error == "cookies_blocked"
    assert visitor.launch("state-00000000-0000-4000-8000-000000000000").error == "state_unknown_or_used"
    assert visitor.launch(asked["state"], error="login_required").error == "platform_error"
    school.canvas.mood = Mood.ERROR
    assert visitor.enter(school.canvas).error == "jwks_malformed"
    school.canvas.mood = Mood.WELL
    held = visitor.started(school.canvas, deployment_id=ABSENT)
    claims = school.canvas.claims(school.tool, held["nonce"], lti_deployment_id="1:unheard")
    assert visitor.launch(held["state"], school.canvas.sign(claims)).error == "deployment_unknown"
    assert not list(school.redis.scan_iter("rate:launch:*"))
