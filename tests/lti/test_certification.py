"""1EdTech's certification of tools (LTI 1.3 and Advantage Conformance Guide): its cases, in its words.

The suite sends its "known bad payloads" well signed; each must be refused. Its valid launches, of a teacher
and of a student, must all be let in. What it sends for deep linking, names and roles, and grades follows in
sections of their own.
"""

from typing import Any

import pytest

from tests.lti.conftest import School
from tests.support.platform import ABSENT

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
UNKNOWN = "http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"
NO_LTI_CLAIMS = {
    f"lti_{name}": ABSENT
    for name in (
        "message_type",
        "version",
        "deployment_id",
        "target_link_uri",
        "resource_link",
        "roles",
        "context",
        "launch_presentation",
        "tool_platform",
    )
}

BAD: list[Any] = [
    pytest.param({"kid": ABSENT}, {}, id="no_kid_in_the_jwt_header"),
    pytest.param({"kid": "imstester_66067"}, {}, id="incorrect_kid_in_the_jwt_header"),
    pytest.param({}, {"lti_version": "11.3"}, id="wrong_lti_version"),
    pytest.param({}, {"lti_version": ABSENT}, id="no_lti_version"),
    pytest.param({}, {"name": "badltilaunch"}, id="invalid_lti_message"),
    pytest.param({}, NO_LTI_CLAIMS, id="missing_lti_claims"),
    pytest.param({}, {"iat": 11111, "exp": 22222}, id="timestamps_incorrect"),
    pytest.param({}, {"lti_message_type": ABSENT}, id="message_type_claim_missing"),
    pytest.param({}, {"lti_roles": ABSENT}, id="role_claim_missing"),
    pytest.param({}, {"lti_deployment_id": ABSENT}, id="deployment_id_claim_missing"),
    pytest.param({}, {"lti_resource_link": {"title": "A link"}}, id="resource_link_id_claim_missing"),
    pytest.param({}, {"sub": ABSENT}, id="user_claim_missing"),
]


@pytest.mark.parametrize(("header", "changes"), BAD)
def test_known_bad_payload(
    school: School, header: dict[str, Any], changes: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    claims = school.canvas.claims(school.tool, asked["nonce"], **changes)
    if request.node.callspec.id == "invalid_lti_message":
        claims = changes
    reply = visitor.launch(asked["state"], school.canvas.sign(claims, **header))
    assert reply.status == 401
    assert reply.error
    assert not list(school.redis.scan_iter("launch:*"))


NO_NAMES = dict.fromkeys(("name", "given_name", "family_name", "picture"), ABSENT)
VALID: list[Any] = [
    pytest.param("{role}", {}, id="valid_launch"),
    pytest.param("several", {}, id="with_multiple_roles"),
    pytest.param("short", {}, id="with_a_short_role"),
    pytest.param("unknown", {}, id="with_an_unknown_role"),
    pytest.param("none", {}, id="with_no_role"),
    pytest.param("{role}", NO_NAMES, id="email_only"),
    pytest.param("{role}", {"email": ABSENT}, id="names_only"),
    pytest.param("{role}", {**NO_NAMES, "email": ABSENT}, id="no_pii"),
    pytest.param("{role}", {**NO_NAMES, "lti_context": ABSENT}, id="email_without_context"),
]


def _roles(which: str, kind: str) -> list[str]:
    own = {"instructor": "Instructor", "student": "Learner"}[kind]
    several = {"instructor": ("Faculty", "Instructor"), "student": ("Student", "Learner")}[kind]
    return {
        "{role}": [MEMBERSHIP + own],
        "several": [*(INSTITUTION + one for one in several), MEMBERSHIP + own],
        "short": [own],
        "unknown": [UNKNOWN],
        "none": [""],
    }[which]


def _let_in(school: School, kind: str, which: str, changes: dict[str, Any]) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    claims = school.canvas.claims(school.tool, asked["nonce"], kind, lti_roles=_roles(which, kind), **changes)
    told = visitor.boot(visitor.launch(asked["state"], school.canvas.sign(claims)))
    no_rights = kind == "student" or which in ("unknown", "none")
    assert told["participant"]["role"] == ("attendee" if no_rights else "host")
    assert told["participant"]["name"].strip()
    assert told["room"]["title"].strip()


@pytest.mark.parametrize(("which", "changes"), VALID)
def test_valid_teacher_launch(school: School, which: str, changes: dict[str, Any]) -> None:
    _let_in(school, "instructor", which, changes)


@pytest.mark.parametrize(("which", "changes"), VALID)
def test_valid_student_launch(school: School, which: str, changes: dict[str, Any]) -> None:
    _let_in(school, "student", which, changes)


def test_the_suite_has_twelve_bad_and_nine_valid_payloads_of_each_kind() -> None:
    assert (len(BAD), len(VALID)) == (12, 9)
