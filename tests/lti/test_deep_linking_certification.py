"""1EdTech certification, tool side: the seven cases of deep linking (lti_library 4.1)."""

import html
import re
from typing import Any

import jwt
import pytest
import requests

from tests.lti.conftest import School
from tests.lti.test_deep_linking import CLAIM, DL, answer, form_of, placed, settings_of
from tests.support.visitor import Reply


@pytest.fixture
def response(school: School) -> Reply:
    """The page that posts our answer for a new room to the platform."""
    visitor, _, ticket = form_of(school, "moodle")
    return placed(visitor, ticket)


@pytest.fixture
def said(school: School, response: Reply) -> dict[str, Any]:
    """The claims of that answer, its signature verified."""
    return answer(school, response)[1]


def sent_token(response: Reply) -> str:
    found = re.search(r'name="JWT" value="([^"]+)"', response.text)
    assert found
    return html.unescape(found[1])


def test_deep_linking_1_the_request_is_taken(school: School) -> None:
    _, form, _ = form_of(school, "moodle")
    assert "Add a room to your course" in form.text


def test_deep_linking_2_the_response_goes_to_the_return_url(school: School, response: Reply) -> None:
    assert answer(school, response)[0] == settings_of(school, "moodle")["deep_link_return_url"]


def test_deep_linking_3_it_is_a_deep_linking_response(said: dict[str, Any]) -> None:
    assert said[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert said[CLAIM + "version"] == "1.3.0"


def test_deep_linking_4_its_timestamps(school: School, said: dict[str, Any]) -> None:
    assert said["iat"] <= school.clock.now() < said["exp"] <= said["iat"] + 3600


def test_deep_linking_5_its_signature(school: School, response: Reply) -> None:
    token = sent_token(response)
    header = jwt.get_unverified_header(token)
    keys = requests.get(f"{school.tool}/lti/jwks.json", timeout=5).json()["keys"]
    assert header["alg"] == "RS256"
    [key] = [one for one in keys if one["kid"] == header["kid"]]
    head, body, signature = token.split(".")
    forged = ".".join((head, body, signature[:20].swapcase() + signature[20:]))
    for text, is_ours in ((token, True), (forged, False)):
        try:
            jwt.PyJWS().decode(text, jwt.PyJWK.from_dict(key).key, algorithms=["RS256"])
            verified = True
        except jwt.InvalidSignatureError:
            verified = False
        assert verified is is_ours


def test_deep_linking_6_its_required_claims(said: dict[str, Any]) -> None:
    wanted = {"iss", "aud", "iat", "exp", "nonce", DL + "content_items"}
    wanted |= {CLAIM + name for name in ("message_type", "version", "deployment_id")}
    assert wanted <= said.keys()


def test_deep_linking_7_their_values(school: School, said: dict[str, Any]) -> None:
    platform = school.moodle
    audience = said["aud"] if isinstance(said["aud"], list) else [said["aud"]]
    assert said["iss"] == platform.client_id
    assert audience == [platform.issuer]
    assert said[CLAIM + "deployment_id"] == platform.deployment
    assert len(said["nonce"]) >= 20
    [item] = said[DL + "content_items"]
    assert item["type"] == "ltiResourceLink"
