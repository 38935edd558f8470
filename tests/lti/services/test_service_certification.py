"""1EdTech certification, tool side: names and roles (5 cases) and grades (lti_library 4.1).

The suite looks at what the tool sends: here the emulated platforms do, strictly.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest

from lti_room.devlms.names_roles import NAMES_ROLES
from lti_room.lti.http import Answer, GuardedHttp
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.grades import Activity, Grading, Score
from lti_room.lti.services.names_roles import MEDIA_TYPE, SCOPE
from tests.lti.services.conftest import Course

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
Sent = list[tuple[str, str, dict[str, str], bytes]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Every request of the tool, as it goes out: method, address, headers, body."""
    noted: Sent = []
    really = GuardedHttp.send

    def send(http: GuardedHttp, method: str, url: str, **how: Any) -> Answer:
        noted.append((method, url, dict(how["headers"]), how.get("body") or b""))
        return really(http, method, url, **how)

    monkeypatch.setattr(GuardedHttp, "send", send)
    return noted


def test_nrps_1_a_launch_with_the_claim(course: Course) -> None:
    claim = course.claims()[NAMES_ROLES]
    assert "2.0" in claim["service_versions"]
    assert claim["context_memberships_url"] == course.memberships


def test_nrps_2_the_request_arrives(course: Course, sent: Sent) -> None:
    assert course.names_roles.members(course.registration, course.memberships).people
    assert sent[-1][0] == "GET"
    assert sent[-1][1].startswith(course.memberships)


def test_nrps_3_its_headers(course: Course, sent: Sent) -> None:
    course.names_roles.members(course.registration, course.memberships)
    assert sent[-1][2]["Accept"] == MEDIA_TYPE


def test_nrps_4_its_bearer_token(course: Course, sent: Sent) -> None:
    course.names_roles.members(course.registration, course.memberships)
    scheme, _, token = sent[-1][2]["Authorization"].partition(" ")
    assert scheme == "Bearer"
    assert token


def test_nrps_5_its_scope(course: Course, sent: Sent) -> None:
    course.names_roles.members(course.registration, course.memberships)
    assert form(sent)["scope"] == SCOPE


def test_the_client_assertion(course: Course, sent: Sent) -> None:
    course.names_roles.members(course.registration, course.memberships, deployment="dep")
    asked = form(sent)
    assertion = asked["client_assertion"]
    header = jwt.get_unverified_header(assertion)
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert asked["grant_type"] == "client_credentials"
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert header["kid"]
    assert claims["iss"] == claims["sub"] == course.registration.client_id
    assert claims["aud"] == course.registration.auth_token_url
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert len(claims["jti"]) >= 20
    assert claims["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] == "dep"


def test_an_audience_of_its_own(course: Course, sent: Sent) -> None:
    other = replace(course.registration, auth_token_audience="https://school.example/oauth2")
    # The emulated LMS may refuse it; what matters is what was sent.
    with suppress(ServiceError):
        course.names_roles.members(other, course.memberships)
    assertion = form(sent)["client_assertion"]
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert claims["aud"] == "https://school.example/oauth2"


def test_ags_the_tool_alone_makes_a_column_and_a_score(course: Course) -> None:
    endpoint = course.endpoint()
    column = course.grades.line_item(
        course.registration, endpoint, label="Certified", maximum=10, resource_id="r", tag="t"
    )
    score = Score(
        user_id=course.sub("student1"),
        given=8,
        maximum=10,
        activity=Activity.COMPLETED,
        grading=Grading.FULLY_GRADED,
        at=datetime(2026, 11, 21, 12, tzinfo=UTC),
    )
    course.grades.send(course.registration, endpoint, column, score)
    [result] = course.grades.results(course.registration, endpoint, column)
    assert (result.user_id, result.score, result.maximum) == (course.sub("student1"), 8, 10)


def test_ags_media_types_and_scopes(course: Course, sent: Sent) -> None:
    test_ags_the_tool_alone_makes_a_column_and_a_score(course)
    types = {headers.get("Content-Type") for method, _, headers, _ in sent if method == "POST"}
    assert types == {
        "application/x-www-form-urlencoded",
        "application/vnd.ims.lis.v2.lineitem+json",
        "application/vnd.ims.lis.v1.score+json",
    }
    scopes = {one for _, url, _, body in sent if url.endswith(token_path(course)) for one in scope_of(body)}
    assert scopes <= {
        f"{AGS}{name}" for name in ("lineitem", "lineitem.readonly", "score", "result.readonly")
    }


def token_path(course: Course) -> str:
    return course.registration.auth_token_url.partition("/devlms")[2]


def form(sent: Sent) -> dict[str, str]:
    [body] = [body for method, _, _, body in sent if method == "POST"]
    return dict(parse_qsl(body.decode(), strict_parsing=True))


def scope_of(body: bytes) -> list[str]:
    return dict(parse_qsl(body.decode(), strict_parsing=True))["scope"].split()
