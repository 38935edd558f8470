"""The attack table, rows 56 to 87: signed claims. Each test's name holds its row."""

from typing import Any

import pytest

from tests.lti.conftest import NOW, School
from tests.support.platform import ABSENT, CLAIM

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
NOW_S = int(NOW)

UNANSWERED: list[Any] = [
    pytest.param({"iss": "https://elsewhere.example"}, "iss_mismatch", id="row_056_other"),
    pytest.param({"iss": "https://canvas.instructure.com/"}, "iss_mismatch", id="row_056_slash"),
    pytest.param(
        {"iss": "https://canvas.instructure.com/deployment/x"}, "iss_mismatch", id="row_056_sakai_way"
    ),
    pytest.param({"iss": ABSENT}, "claim_missing", id="row_057_absent"),
    pytest.param({"iss": ["https://canvas.instructure.com"]}, "claim_missing", id="row_057_list"),
    pytest.param({"iss": {"a": 1}}, "claim_missing", id="row_057_dict"),
    pytest.param({"aud": "somebody"}, "aud_mismatch", id="row_058_wrong"),
    pytest.param({"aud": ABSENT}, "aud_mismatch", id="row_058_absent"),
    pytest.param({"aud": {"10000000000123": 1}}, "aud_mismatch", id="row_058_dict"),
    pytest.param({"aud": []}, "aud_mismatch", id="row_058_empty"),
    pytest.param({"aud": 10000000000123}, "aud_mismatch", id="row_058_number"),
    pytest.param({"aud": ["10000000000123", "stranger"]}, "untrusted_audience", id="row_060_stranger"),
    pytest.param({"aud": ["10000000000123", 7]}, "untrusted_audience", id="row_060_number"),
    pytest.param({"azp": "evil"}, "azp_mismatch", id="row_061_other"),
    pytest.param({"azp": ["10000000000123"]}, "azp_mismatch", id="row_061_list"),
    pytest.param({"exp": ABSENT}, "token_invalid", id="row_062_no_exp"),
    pytest.param({"iat": ABSENT}, "token_invalid", id="row_062_no_iat"),
    pytest.param({"exp": str(NOW_S + 60)}, "token_invalid", id="row_062_text"),
    pytest.param({"exp": True}, "token_invalid", id="row_062_bool"),
    pytest.param({"exp": NOW_S - 120, "iat": NOW_S - 180}, "token_expired", id="row_063_two_minutes_ago"),
    pytest.param({"iat": 11111, "exp": 22222}, "token_expired", id="row_063_certification"),
    pytest.param({"iat": NOW_S + 90, "exp": NOW_S + 200}, "token_invalid", id="row_066_issued_ahead"),
    pytest.param({"iat": 0, "exp": NOW_S + 3600}, "token_too_old", id="row_067_1970"),
    pytest.param({"iat": NOW_S - 700, "exp": NOW_S + 3600}, "token_too_old", id="row_067_11_minutes"),
    pytest.param({"exp": NOW_S + 30 * 86400}, "token_invalid", id="row_067_a_month"),
    pytest.param({"nonce": ABSENT}, "claim_missing", id="row_068_absent"),
    pytest.param({"nonce": {"a": 1}}, "claim_missing", id="row_068_dict"),
    pytest.param({"nonce": ""}, "claim_missing", id="row_068_empty"),
]

VERIFIED: list[Any] = [
    pytest.param({"lti_version": ABSENT}, 401, "lti_version", id="row_069_absent"),
    pytest.param({"lti_version": "1.1"}, 401, "lti_version", id="row_069_1_1"),
    pytest.param({"lti_version": "11.3"}, 401, "lti_version", id="row_069_11_3"),
    pytest.param({"lti_version": 1.3}, 401, "lti_version", id="row_069_number"),
    pytest.param({"lti_message_type": ABSENT}, 401, "message_type", id="row_070_absent"),
    pytest.param({"lti_message_type": "Unheard"}, 401, "message_type", id="row_070_unknown"),
    pytest.param({"lti_message_type": "LtiEulaRequest"}, 401, "message_type", id="row_070_eula"),
    pytest.param({"lti_message_type": ["LtiResourceLinkRequest"]}, 401, "message_type", id="row_070_list"),
    pytest.param({"lti_deployment_id": ABSENT}, 401, "deployment_missing", id="row_072_absent"),
    pytest.param({"lti_deployment_id": ["77:a"]}, 401, "deployment_missing", id="row_072_list"),
    pytest.param({"lti_deployment_id": ""}, 401, "deployment_missing", id="row_072_empty"),
    pytest.param({"lti_deployment_id": "d" * 256}, 401, "deployment_missing", id="row_072_long"),
    pytest.param({"lti_resource_link": ABSENT}, 401, "resource_link_missing", id="row_076_absent"),
    pytest.param({"lti_resource_link": None}, 401, "resource_link_missing", id="row_076_null"),
    pytest.param({"lti_resource_link": ["x"]}, 401, "resource_link_missing", id="row_076_list"),
    pytest.param({"lti_resource_link": {"title": "T"}}, 401, "resource_link_missing", id="row_076_no_id"),
    pytest.param({"lti_resource_link": {"id": "x" * 5000}}, 401, "resource_link_missing", id="row_076_long"),
    pytest.param({"lti_target_link_uri": ABSENT}, 401, "target_link_uri_mismatch", id="row_077_absent"),
    pytest.param({"lti_target_link_uri": "https://a.b"}, 401, "target_link_uri_mismatch", id="row_077_other"),
    pytest.param({"sub": ABSENT}, 401, "sub_missing", id="row_078_absent"),
    pytest.param({"sub": ""}, 401, "sub_missing", id="row_078_empty"),
    pytest.param({"sub": 5}, 401, "token_invalid", id="row_079_number"),
    pytest.param({"sub": None}, 401, "token_invalid", id="row_079_null"),
    pytest.param({"sub": "s" * 5000}, 401, "sub_missing", id="row_079_long"),
    pytest.param({"lti_roles": ABSENT}, 401, "roles_missing", id="row_080_absent"),
    pytest.param({"lti_roles": "Instructor"}, 401, "roles_missing", id="row_080_text"),
    pytest.param({"lti_roles": [1]}, 401, "roles_missing", id="row_080_numbers"),
    pytest.param({"lti_roles": None}, 401, "roles_missing", id="row_080_null"),
]


@pytest.mark.parametrize(("changes", "code"), UNANSWERED)
def test_message_that_answers_no_login(school: School, changes: dict[str, Any], code: str) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    bad = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"], **changes))
    reply = visitor.launch(asked["state"], bad)
    assert (reply.status, reply.error) == (401, code)
    good = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    assert visitor.launch(asked["state"], good).status == 303


@pytest.mark.parametrize(("changes", "status", "code"), VERIFIED)
def test_verified_message_that_is_not_a_launch(
    school: School, changes: dict[str, Any], status: int, code: str
) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas, deployment_id=ABSENT)
    bad = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"], **changes))
    reply = visitor.launch(asked["state"], bad)
    assert (reply.status, reply.error) == (status, code)
    good = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    assert visitor.launch(asked["state"], good).error == "state_unknown_or_used"
    assert visitor.enter(school.canvas).status == 303


def test_row_071_signed_but_not_a_launch(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    reply = visitor.launch(asked["state"], school.canvas.sign({"name": "badltilaunch"}))
    assert (reply.status, reply.error) == (401, "claim_missing")


def test_row_073_unknown_deployment(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas, deployment_id=ABSENT)
    claims = school.canvas.claims(school.tool, asked["nonce"], lti_deployment_id="1:unheard")
    reply = visitor.launch(asked["state"], school.canvas.sign(claims))
    assert (reply.status, reply.error) == (403, "deployment_unknown")
    assert "waiting for approval" in reply.text


def test_row_074_deployment_of_a_sibling_registration(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.second, deployment_id=ABSENT)
    claims = school.second.claims(school.tool, asked["nonce"])
    assert claims[f"{CLAIM}deployment_id"] in school.first.registration()["deployments"]
    reply = visitor.launch(asked["state"], school.second.sign(claims))
    assert (reply.status, reply.error) == (403, "deployment_unknown")
    assert visitor.enter(school.first).status == 303


@pytest.mark.parametrize("name", ["lti_deployment_id", "deployment_id"])
def test_row_075_login_names_another_deployment(school: School, name: str) -> None:
    visitor = school.visitor()
    parameters = {"deployment_id": ABSENT} | {name: "1:other"}
    asked = visitor.started(school.canvas, **parameters)
    claims = school.canvas.claims(school.tool, asked["nonce"])
    reply = visitor.launch(asked["state"], school.canvas.sign(claims))
    assert (reply.status, reply.error) == (401, "deployment_mismatch")


ACCEPTED: list[Any] = [
    pytest.param({"aud": ["10000000000123"]}, "host", id="row_059_aud_list"),
    pytest.param({"azp": ABSENT}, "host", id="row_061_no_azp"),
    pytest.param({"iat": NOW_S - 90, "exp": NOW_S - 30}, "host", id="row_064_expired_30_s_ago"),
    pytest.param({"iat": NOW_S + 2}, "host", id="row_065_2_s_ahead"),
    pytest.param({"iat": NOW + 0.5, "exp": NOW + 59.5}, "host", id="row_065_fractions"),
    pytest.param({"lti_roles": []}, "attendee", id="row_081_none"),
    pytest.param({"lti_roles": [""]}, "attendee", id="row_081_empty"),
    pytest.param(
        {"lti_roles": ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"]},
        "attendee",
        id="row_081_unknown",
    ),
    pytest.param({"lti_roles": ["Learner"]}, "attendee", id="row_081_short_learner"),
    pytest.param({"lti_roles": ["Instructor"]}, "host", id="row_081_short_instructor"),
    pytest.param(
        {"lti_roles": [INSTITUTION + "Instructor", MEMBERSHIP + "Learner"]}, "attendee", id="row_082_both"
    ),
    pytest.param({"lti_roles": [INSTITUTION + "Instructor"]}, "attendee", id="row_082_institution_only"),
    pytest.param(
        {"lti_roles": ["http://purl.imsglobal.org/vocab/lis/v2/evil#Instructor"]},
        "attendee",
        id="row_083_evil",
    ),
    pytest.param(
        {"lti_roles": ["http://purl.imsglobal.org/vocab/lis/v2.evil.example/membership#Instructor"]},
        "attendee",
        id="row_083_look_alike",
    ),
    pytest.param(
        {"lti_roles": ["https://evil.example/?http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]},
        "attendee",
        id="row_083_inside",
    ),
    pytest.param({"unheard": {"of": 1}, "https://x.example/claim": [1]}, "host", id="row_085_extra"),
]


@pytest.mark.parametrize(("changes", "role"), ACCEPTED)
def test_accepted_message(school: School, changes: dict[str, Any], role: str) -> None:
    visitor = school.visitor()
    told = visitor.boot(visitor.enter(school.canvas, **changes))
    assert told["participant"]["role"] == role


NO_NAMES = dict.fromkeys(("name", "given_name", "family_name", "picture"), ABSENT)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({**NO_NAMES, "email": ABSENT}, id="row_084_no_pii"),
        pytest.param(NO_NAMES, id="row_084_email_only"),
        pytest.param({"email": ABSENT}, id="row_084_names_only"),
        pytest.param({"lti_context": ABSENT}, id="row_084_no_context"),
        pytest.param({**NO_NAMES, "lti_context": ABSENT}, id="row_084_email_without_context"),
        pytest.param({**NO_NAMES, "email": None, "name": None}, id="row_084_nulls"),
        pytest.param({"name": "", "given_name": "Tess", "family_name": ""}, id="row_084_given_name"),
    ],
)
def test_little_is_known_of_the_person(school: School, changes: dict[str, Any]) -> None:
    visitor = school.visitor()
    told = visitor.boot(visitor.enter(school.canvas, **changes))
    name = told["participant"]["name"]
    assert name.strip()
    assert "None" not in name
    assert "@" not in name
    assert told["room"]["title"].strip()


def test_row_086_scripts_are_only_texts(school: School) -> None:
    script = "<script>alert(1)</script>"
    visitor = school.visitor()
    link = {"id": "xss", "title": script}
    changes = {"name": script, "lti_resource_link": link, "locale": script, "lti_custom": {"a": script}}
    reply = visitor.enter(school.canvas, **changes)
    told = visitor.boot(reply)
    assert told["participant"]["name"] == script
    assert told["room"]["title"] == script
    page = visitor.ask("GET", f"/rooms/{reply.entrance[0]}")
    assert page.status == 200
    assert script not in page.text
    refused = visitor.enter(school.canvas, **changes, lti_version="2", lti_deployment_id=script)
    assert script not in refused.text


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("javascript:alert(1)", id="row_087_script"),
        pytest.param("http://canvas.instructure.com/courses/1", id="row_087_http"),
        pytest.param("https://evil.example/", id="row_087_other_host"),
        pytest.param("https://canvas.instructure.com@evil.example/", id="row_087_user_info"),
        pytest.param("https://canvas.instructure.com.evil.example/", id="row_087_longer_host"),
        pytest.param('https://canvas.instructure.com/"onmouseover="x', id="row_087_quotes"),
        pytest.param("//canvas.instructure.com/", id="row_087_no_scheme"),
        pytest.param(["https://canvas.instructure.com/"], id="row_087_list"),
    ],
)
def test_return_address_that_is_no_link(school: School, address: object) -> None:
    refused = {"lti_message_type": "Unheard", "lti_launch_presentation": {"return_url": address}}
    reply = school.visitor().enter(school.canvas, **refused)
    assert reply.error == "message_type"
    assert "Back to the course" not in reply.text
    assert "evil.example" not in reply.text


def test_row_087_return_address_of_the_platform_is_a_link(school: School) -> None:
    address = "https://canvas.instructure.com/courses/1?a=1&b=2"
    refused = {"lti_message_type": "Unheard", "lti_launch_presentation": {"return_url": address}}
    reply = school.visitor().enter(school.canvas, **refused)
    assert f'href="{address.replace("&", "&amp;")}' in reply.text
    assert "Back to the course" in reply.text


def test_row_087_no_link_before_the_signature_is_proven(school: School) -> None:
    address = {"return_url": "https://canvas.instructure.com/courses/1"}
    reply = school.visitor().enter(school.canvas, exp=ABSENT, lti_launch_presentation=address)
    assert reply.error == "token_invalid"
    assert "Back to the course" not in reply.text
