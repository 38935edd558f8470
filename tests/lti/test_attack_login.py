"""The attack table, rows 1 to 19: login requests. Each test's name holds its row."""

from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import load
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.tool import LtiTool
from tests.lti.conftest import School
from tests.support.platform import ABSENT
from tests.support.visitor import Visitor
from tests.support.web import create_app, serving, web_deps


@pytest.mark.parametrize("method", [pytest.param("GET", id="row_001"), pytest.param("POST", id="row_002")])
def test_valid_login_goes_to_the_registered_address(school: School, method: str) -> None:
    reply = school.visitor().login(school.canvas, method)
    assert reply.status == 302
    assert reply.location.startswith(f"{school.canvas.url}/auth?")
    asked = reply.parameters
    fixed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
    assert fixed.items() <= asked.items()
    assert asked["redirect_uri"] == f"{school.tool}/lti/launch"
    assert asked["client_id"] == school.canvas.client_id
    assert len(asked["nonce"]) >= 43
    assert reply.headers["cache-control"] == "no-store"


def test_row_002_moodle_hint_comes_back_byte_for_byte(school: School) -> None:
    hint = '{"cmid":45,"launchid":"ltilaunch7_123456789"}'
    asked = school.visitor().started(school.moodle)
    assert asked["lti_message_hint"] == hint
    assert asked["login_hint"] == "4"


def test_row_002_no_message_hint_is_sent_where_none_came(school: School) -> None:
    assert "lti_message_hint" not in school.visitor().started(school.sakai)


REFUSED: list[Any] = [
    pytest.param({"iss": ABSENT}, "bad_login_request", id="row_003_no_iss"),
    pytest.param({"iss": ""}, "bad_login_request", id="row_003_empty_iss"),
    pytest.param({"login_hint": ABSENT}, "bad_login_request", id="row_004_no_login_hint"),
    pytest.param({"iss": "https://elsewhere.example"}, "platform_unknown", id="row_005_unknown_iss"),
    pytest.param({"iss": "https://canvas.instructure.com/"}, "platform_unknown", id="row_005_slash"),
    pytest.param({"client_id": "300"}, "platform_unknown", id="row_007_unknown_client"),
    pytest.param(
        {"target_link_uri": "https://evil.example/"}, "bad_target_link_uri", id="row_009_other_host"
    ),
    pytest.param(
        {"target_link_uri": "{tool}.evil.example/"}, "bad_target_link_uri", id="row_010_longer_host"
    ),
    pytest.param({"target_link_uri": "{tool}@evil.example/"}, "bad_target_link_uri", id="row_010_user_info"),
    pytest.param({"target_link_uri": "//evil.example/"}, "bad_target_link_uri", id="row_010_no_scheme"),
    pytest.param({"target_link_uri": "{tool}/\\evil"}, "bad_target_link_uri", id="row_010_backslash"),
    pytest.param(
        {"target_link_uri": "{tool}\\@evil.example/"}, "bad_target_link_uri", id="row_010_backslash_host"
    ),
    pytest.param({"target_link_uri": "javascript:alert(1)"}, "bad_target_link_uri", id="row_010_script"),
    pytest.param({"target_link_uri": ABSENT}, "bad_target_link_uri", id="row_011_no_target"),
    pytest.param({"login_hint": "a\r\nSet-Cookie: x=y"}, "bad_login_request", id="row_012_line_break"),
    pytest.param({"lti_message_hint": "a\x00b"}, "bad_login_request", id="row_012_zero"),
    pytest.param({"iss": "https://canvas\n.example"}, "bad_login_request", id="row_012_in_iss"),
    pytest.param({"target_link_uri": "{tool}/a\nb"}, "bad_login_request", id="row_012_in_target"),
    pytest.param({"login_hint": "h" * 20_000}, "bad_login_request", id="row_013_20_kb_hint"),
    pytest.param(
        {"iss": ["https://canvas.instructure.com"] * 2}, "bad_login_request", id="row_014_iss_twice"
    ),
    pytest.param({"login_hint": ["a", "b"]}, "bad_login_request", id="row_014_hint_twice"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refused_login(school: School, method: str, changes: dict[str, Any], code: str) -> None:
    filled = {n: v.format(tool=school.tool) if isinstance(v, str) else v for n, v in changes.items()}
    visitor = school.visitor()
    reply = visitor.login(school.canvas, method, **filled)
    assert (reply.status, reply.error) == (400, code)
    assert not visitor.cookies
    assert not list(school.redis.scan_iter("login:*"))


def test_row_006_shared_issuer_needs_a_client_id(school: School) -> None:
    reply = school.visitor().login(school.first, client_id=ABSENT)
    assert (reply.status, reply.error) == (400, "client_id_required")


def test_row_006_shared_issuer_with_client_id(school: School) -> None:
    assert school.visitor().started(school.second)["client_id"] == "200"


def test_row_008_single_registration_needs_no_client_id(school: School) -> None:
    asked = school.visitor().started(school.canvas, client_id=ABSENT)
    assert asked["client_id"] == school.canvas.client_id


def test_row_015_query_of_the_authorisation_address_is_kept(school: School) -> None:
    reply = school.visitor().login(school.tenant)
    assert reply.status == 302
    assert reply.location.count("?") == 1
    assert reply.parameters["tenant"] == "7"
    assert reply.parameters["scope"] == "openid"


def test_row_018_host_header_of_another_site(school: School) -> None:
    parameters = school.canvas.login_parameters(school.tool)
    reply = school.visitor().ask("POST", "/lti/login", data=parameters, headers={"Host": "evil.example"})
    assert reply.status == 400
    assert reply.error is not None
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [pytest.param("https", 302, id="row_019_https"), pytest.param("http", 400, id="row_019_http")],
)
def test_behind_a_proxy(redis: Redis, school: School, forwarded: str, status: int) -> None:
    public = "https://rooms.example"
    chosen = load({"LTI_ROOM_PUBLIC_URL": public, "LTI_ROOM_TRUSTED_PROXIES": "1"})
    entry = school.canvas.registration(frame_origins=[])
    entry |= dict.fromkeys(("auth_login_url", "auth_token_url", "jwks_url"), "https://lms.example/x")
    clock = FixedClock()
    tool = LtiTool(
        redis=redis, clock=clock, settings=chosen, registrations=RegistrationList([from_mapping(entry)])
    )
    headers = {"Host": "rooms.example", "X-Forwarded-Proto": forwarded, "X-Forwarded-Host": "rooms.example"}
    with serving(create_app(web_deps(redis, chosen, clock=clock, lti=tool))) as address:
        visitor = Visitor(address)
        parameters = school.canvas.login_parameters(public)
        reply = visitor.ask("POST", "/lti/login", data=parameters, headers=headers)
    assert reply.status == status
    assert reply.error == (None if status == 302 else "https_required")
    assert bool(visitor.cookies) is (status == 302)


def test_errors_are_json_for_programs(school: School) -> None:
    reply = school.visitor().ask("GET", "/lti/login", headers={"Accept": "application/json"})
    assert reply.status == 400
    assert '"code":"bad_login_request"' in reply.text.replace(" ", "")
