"""Access tokens: the client assertion and the scopes, judged as each LMS judges them."""

import json
from typing import Any

import jwt
import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.devlms.signing import SigningKey, signing_key
from tests.devlms.driver import SECONDS, Driver

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
READ = f"{AGS}lineitem.readonly"
NAMES = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOW = 1_800_000_000


def assertion(lms: Driver, key: SigningKey, **changes: Any) -> str:
    client = lms.registration["client_id"]
    claims: dict[str, Any] = {
        "iss": client,
        "sub": client,
        "aud": lms.registration["auth_token_url"],
        "iat": NOW,
        "exp": NOW + 300,
        "jti": "once",
        **changes,
    }
    return key.sign({name: value for name, value in claims.items() if value is not None})


def ask(lms: Driver, text: str, scope: str = NAMES, **changes: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": text,
        "scope": scope,
        **changes,
    }
    return requests.post(lms.registration["auth_token_url"], data=form, timeout=SECONDS)


def error(answer: requests.Response) -> str:
    assert answer.status_code == 400
    return str(json.loads(answer.text)["error"])


def granted(answer: requests.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return set(json.loads(answer.text)["scope"].split())


def test_correct_assertion_gets_a_token_of_an_hour(lms: Driver, tool_key: SigningKey) -> None:
    answer = ask(lms, assertion(lms, tool_key), f"{NAMES} {AGS}score")
    assert granted(answer) == {NAMES, f"{AGS}score"}
    body = json.loads(answer.text)
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert answer.headers["Content-Type"].startswith(
        "text/html" if lms.key == "moodle" else "application/json"
    )
    assert (body["access_token"].count(".") == 2) == (lms.key != "moodle")


def test_assertion_of_another_key(lms: Driver, tmp_path_factory: pytest.TempPathFactory) -> None:
    stranger = signing_key(tmp_path_factory.mktemp("stranger"), "stranger")
    assert error(ask(lms, assertion(lms, stranger))) == "invalid_client"


def test_other_key_under_the_tools_kid(lms: Driver, tool_key: SigningKey, tmp_path_factory: Any) -> None:
    stranger = signing_key(tmp_path_factory.mktemp("stranger"), "stranger")
    stranger.kid = tool_key.kid
    assert error(ask(lms, assertion(lms, stranger))) == "invalid_client"


@pytest.mark.parametrize("text", ["", "a.b.c", "not a token"])
def test_junk_assertion(lms: Driver, text: str) -> None:
    assert error(ask(lms, text)) == "invalid_client"


def test_unsigned_assertion(lms: Driver, tool_key: SigningKey) -> None:
    claims = jwt.decode(assertion(lms, tool_key), options={"verify_signature": False})
    text = jwt.encode(claims, "", algorithm="none", headers={"kid": tool_key.kid})
    assert error(ask(lms, text)) == "invalid_client"


def test_another_client(lms: Driver, tool_key: SigningKey) -> None:
    assert error(ask(lms, assertion(lms, tool_key, sub="other"))) == "invalid_client"


def test_expired_assertion(lms: Driver, tool_key: SigningKey, clock: FixedClock) -> None:
    text = assertion(lms, tool_key)
    clock.advance(361)
    assert error(ask(lms, text)) == "invalid_client"


@pytest.mark.parametrize("audience", ["https://elsewhere.example/token", ["https://elsewhere.example"]])
def test_audience_matters_to_canvas_alone(lms: Driver, tool_key: SigningKey, audience: object) -> None:
    answer = ask(lms, assertion(lms, tool_key, aud=audience))
    if lms.key == "canvas":
        assert error(answer) == "invalid_client"
    else:
        assert granted(answer) == {NAMES}


def test_list_with_the_token_address_is_a_good_audience(lms: Driver, tool_key: SigningKey) -> None:
    both = [lms.registration["auth_token_url"], "https://elsewhere.example"]
    assert granted(ask(lms, assertion(lms, tool_key, aud=both))) == {NAMES}


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "jti"])
def test_canvas_wants_every_claim(canvas: Driver, tool_key: SigningKey, name: str) -> None:
    assert error(ask(canvas, assertion(canvas, tool_key, **{name: None}))) == "invalid_client"


def test_canvas_wants_a_fresh_assertion(canvas: Driver, tool_key: SigningKey) -> None:
    text = assertion(canvas, tool_key, iat=NOW - 301, exp=NOW + 3600)
    assert error(ask(canvas, text)) == "invalid_client"


def test_moodle_does_not_mind_a_bare_assertion(moodle: Driver, tool_key: SigningKey) -> None:
    bare = assertion(moodle, tool_key, iss=None, aud=None, jti=None, exp=None)
    assert granted(ask(moodle, bare)) == {NAMES}


def test_moodle_wants_a_form(moodle: Driver, tool_key: SigningKey) -> None:
    url = moodle.registration["auth_token_url"]
    body = {"client_assertion": (None, assertion(moodle, tool_key))}
    assert error(requests.post(url, files=body, timeout=SECONDS)) == "invalid_request"


@pytest.mark.parametrize(
    ("asked", "canvas", "moodle", "sakai"),
    [
        (f"{NAMES} urn:unknown", None, {NAMES}, None),
        ("urn:unknown", None, None, None),
        (READ, {READ}, {READ}, {READ, f"{AGS}lineitem"}),
        ("openid", None, None, None),
    ],
)
def test_scopes_are_granted_as_each_lms_does(
    lms: Driver,
    tool_key: SigningKey,
    asked: str,
    canvas: set[str] | None,
    moodle: set[str] | None,
    sakai: set[str] | None,
) -> None:
    answer = ask(lms, assertion(lms, tool_key), asked)
    expected = {"canvas": canvas, "moodle": moodle, "sakai": sakai}[lms.key]
    if expected is None:
        assert error(answer) == "invalid_scope"
    else:
        assert granted(answer) == expected


def test_no_scope(lms: Driver, tool_key: SigningKey) -> None:
    assert error(ask(lms, assertion(lms, tool_key), "")) == "invalid_scope"


def test_other_grant_type(lms: Driver, tool_key: SigningKey) -> None:
    answer = ask(lms, assertion(lms, tool_key), grant_type="authorization_code")
    assert error(answer) == "unsupported_grant_type"
