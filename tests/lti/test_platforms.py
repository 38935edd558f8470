"""What platforms do in their own way, over the running tool; our key set; limits; Redis away."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.errors import StoreUnavailable
from lti_room.base.redis_client import Redis, connect
from lti_room.lti import quirks
from lti_room.lti.errors import LaunchError
from lti_room.lti.launching.launch import LaunchRequest
from lti_room.lti.launching.login import LoginRequest
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.tool import LtiTool
from lti_room.lti.tool_keys import ToolKeys
from tests.lti.conftest import NOW, School
from tests.support.platform import ABSENT
from tests.support.web import settings

SITE = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("suffix", "error"),
    [
        ("", None),
        ("/deployment/1", None),
        (f"/site/{SITE}", None),
        (f"/deployment/1/site/{SITE}", None),
        ("/deployment/2", "iss_mismatch"),
        ("/site/another", "iss_mismatch"),
        (f"/site/{SITE}/deployment/1", "iss_mismatch"),
        ("/", "iss_mismatch"),
        ("/site/", "iss_mismatch"),
        (".evil.example", "iss_mismatch"),
    ],
)
def test_sakai_issuers(school: School, suffix: str, error: str | None) -> None:
    reply = school.visitor().enter(school.sakai, iss=school.sakai.issuer + suffix)
    assert reply.error == error
    assert reply.status == (401 if error else 303)


def test_sakai_issuer_with_another_registrations_key(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.sakai)
    claims = school.sakai.claims(school.tool, asked["nonce"], iss=f"{school.sakai.issuer}/deployment/1")
    foreign = school.canvas.sign(claims)
    assert visitor.launch(asked["state"], foreign).error == "kid_unknown"
    forged = school.canvas.sign(claims, kid=school.sakai.kid)
    assert visitor.launch(asked["state"], forged).error == "token_invalid"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"locale": "en_US"}, "en-US"),
        (
            {f"{'https://purl.imsglobal.org/spec/lti/claim/'}launch_presentation": {"locale": "pt_br"}},
            "pt-br",
        ),
        ({"locale": "<b>"}, None),
        ({"locale": 5}, None),
        ({}, None),
    ],
)
def test_locale(claims: dict[str, Any], expected: str | None) -> None:
    assert quirks.locale(claims) == expected


def test_custom_values_that_say_nothing_are_absent() -> None:
    values = {"a": "1", "b": "$Canvas.user.id", "c": None, "d": 5, "e": "x" * 5000, "f": ""}
    assert quirks.custom({"https://purl.imsglobal.org/spec/lti/claim/custom": values}) == {"a": "1", "f": ""}


def test_key_set_of_the_tool(school: School) -> None:
    reply = school.visitor().ask("GET", "/lti/jwks.json")
    assert reply.status == 200
    assert "max-age" in reply.headers["cache-control"]
    [key] = json.loads(reply.text)["keys"]
    assert {key["kty"], key["alg"], key["use"]} == {"RSA", "RS256", "sig"}
    assert "d" not in key
    assert key["kid"]
    assert json.loads(school.visitor().ask("GET", "/lti/jwks.json").text)["keys"] == [key]


def test_processes_that_start_together_have_one_key(redis: Redis) -> None:
    with ThreadPoolExecutor(4) as pool:
        sets = list(pool.map(lambda _: ToolKeys(redis, FixedClock(NOW), settings()).jwks(), range(4)))
    assert all(one == sets[0] for one in sets)


def test_redis_away_fails_closed(school: School) -> None:
    tool = LtiTool(
        redis=connect("unix:///nowhere/redis.sock"),
        clock=school.clock,
        settings=settings(PUBLIC_URL=school.tool),
        registrations=RegistrationList([from_mapping(school.canvas.registration(), development=True)]),
    )
    fields = {name: [value] for name, value in school.canvas.login_parameters(school.tool).items()}
    with pytest.raises(StoreUnavailable):
        tool.login(LoginRequest(fields=fields, address="192.0.2.9"))


def test_a_default_target_for_platforms_that_send_none(redis: Redis, school: School) -> None:
    entry = school.canvas.registration(default_target_link_uri=f"{school.tool}/lti/launch")
    tool = LtiTool(
        redis=redis,
        clock=school.clock,
        settings=settings(PUBLIC_URL=school.tool),
        registrations=RegistrationList([from_mapping(entry, development=True)]),
    )
    parameters = school.canvas.login_parameters(school.tool, target_link_uri=ABSENT)
    fields = {name: [value] for name, value in parameters.items()}
    answer = tool.login(LoginRequest(fields=fields, address="192.0.2.9"))
    assert answer.redirect_url.startswith(school.canvas.url)


def test_row_016_a_registration_that_is_switched_off(redis: Redis, school: School) -> None:
    def tool(enabled: bool) -> LtiTool:
        registration = from_mapping(school.canvas.registration(enabled=enabled), development=True)
        chosen = settings(PUBLIC_URL=school.tool)
        return LtiTool(
            redis=redis, clock=school.clock, settings=chosen, registrations=RegistrationList([registration])
        )

    fields = {name: [value] for name, value in school.canvas.login_parameters(school.tool).items()}
    request = LoginRequest(fields=fields, address="192.0.2.9")
    with pytest.raises(LaunchError, match="registration_disabled"):
        tool(False).login(request)
    answer = tool(True).login(request)
    asked = parse_qs(urlsplit(answer.redirect_url).query)
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"][0]))
    launch = LaunchRequest(
        fields={"state": asked["state"], "id_token": [token]},
        cookies={answer.cookie.name: answer.cookie.value},
        address="192.0.2.9",
    )
    with pytest.raises(LaunchError, match="registration_disabled"):
        tool(False).launch(launch)
    assert tool(True).launch(launch).sub
