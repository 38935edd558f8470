"""Each LMS sends what the real one was recorded to send: only people, course, hosts and times differ."""

import json
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.devlms.persons import PEOPLE, recorded
from tests.devlms.driver import Driver

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
OF_THE_LINK = {
    "canvas": {
        CLAIM + "resource_link",
        CLAIM + "target_link_uri",
        CLAIM + "launch_presentation",
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
        "https://www.instructure.com/placement",
    },
    "moodle": set[str](),
    "sakai": set[str](),
}
IDENTITY = {"sub", "name", "given_name", "family_name", "email", "iat", "exp", "nonce", "jti", "iss"}
HOSTS = {
    "canvas": "https://school.canvas.example",
    "moodle": "https://moodle.example",
    "sakai": "https://sakai.example",
}
KINDS = {"instructor2": "instructor"} | {f"student{n}": "student" for n in range(1, 5)}


def document_of(lms: str, person: str) -> dict[str, Any]:
    kind = KINDS.get(person, person)
    if (lms, kind) == ("moodle", "designer"):
        kind = "manager"
    return recorded(lms, kind)


def shape(value: Any) -> Any:
    """Names and types, to any depth."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value).__name__


def expected_claims(lms: Driver, person: str) -> dict[str, Any]:
    claims = document_of(lms.key, person)
    link = recorded(lms.key, "instructor")
    for name in OF_THE_LINK[lms.key]:
        claims.pop(name, None)
        if name in link:
            claims[name] = link[name]
    if lms.key == "canvas":
        claims[CLAIM + "lti1p1"]["resource_link_id"] = link[CLAIM + "lti1p1"]["resource_link_id"]
    return claims


@pytest.mark.parametrize("person", PEOPLE)
def test_shape_is_the_recorded_one(lms: Driver, person: str) -> None:
    assert shape(lms.claims(person)) == shape(expected_claims(lms, person))


@pytest.mark.parametrize("person", PEOPLE)
def test_role_array_is_the_recorded_one_in_its_order(lms: Driver, person: str) -> None:
    assert lms.claims(person)[CLAIM + "roles"] == document_of(lms.key, person)[CLAIM + "roles"]


@pytest.mark.parametrize("person", [key for key, one in PEOPLE.items() if one.number == 0])
def test_values_differ_in_people_course_and_hosts_only(lms: Driver, person: str) -> None:
    sent = lms.claims(person)
    recorded_claims = expected_claims(lms, person)
    for name in recorded_claims.keys() - IDENTITY:
        if name in {CLAIM + "context", CLAIM + "resource_link", CLAIM + "tool_platform"}:
            continue
        assert unhosted(sent[name], lms) == recorded_claims[name], name
    context, link = sent[CLAIM + "context"], sent[CLAIM + "resource_link"]
    was = recorded_claims[CLAIM + "context"]
    assert (context["id"], context["type"]) == (was["id"], was["type"])
    assert context["title"] == "Biology 101"
    assert (context["label"] == context["title"]) == (was["label"] == was["title"])
    assert link["id"] == recorded_claims[CLAIM + "resource_link"]["id"]
    assert link["title"] == "Seminar room"


def unhosted(value: Any, lms: Driver) -> Any:
    """Put the recorded hosts back."""
    if isinstance(value, dict):
        return {name: unhosted(member, lms) for name, member in value.items()}
    if isinstance(value, list):
        return [unhosted(member, lms) for member in value]
    if isinstance(value, str):
        return value.replace(lms.issuer, HOSTS[lms.key]).replace(lms.tool_url, "https://rooms.tool.example")
    return value


def test_nothing_recorded_about_hosts_or_people_is_left(lms: Driver) -> None:
    for person in PEOPLE:
        text = repr(lms.claims(person))
        assert "tool.example" not in text
        assert HOSTS[lms.key].removeprefix("https://") not in text
        assert "FAKE-NONCE" not in text
        assert document_of(lms.key, person)["name"] not in text
        assert document_of(lms.key, person)["email"] not in text


def test_everybody_is_somebody_else(lms: Driver) -> None:
    claims = [lms.claims(person) for person in PEOPLE]
    assert len({one["sub"] for one in claims}) == len(PEOPLE)
    assert len({one["email"] for one in claims}) == len(PEOPLE)
    assert [one["name"] for one in claims] == [person.name for person in PEOPLE.values()]


def test_people_of_one_kind_share_no_identifier(lms: Driver) -> None:
    paths: dict[str, list[tuple[str, ...]]] = {
        "canvas": [("lti11_legacy_user_id",), ("lti1p1", "user_id"), ("lis", "person_sourcedid")],
        "moodle": [("ext", "user_username")],
        "sakai": [("lis", "person_sourcedid")],
    }
    students = [lms.claims(f"student{n}") for n in range(1, 5)]
    for first, *rest in paths[lms.key]:
        found = [one[CLAIM + first][rest[0]] if rest else one[CLAIM + first] for one in students]
        assert len(set(found)) == 4, found


@pytest.mark.parametrize("key", ["moodle", "sakai"])
def test_outcome_of_a_student_is_the_students_own(lms_url: str, tool_url: str, key: str) -> None:
    claims = Driver(lms_url, tool_url, key).claims("student3", "link2")
    source = claims["https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"]["lis_result_sourcedid"]
    if key == "moodle":
        data = json.loads(source)["data"]
        assert (data["userid"], data["instanceid"]) == (claims["sub"], "8")
    else:
        assert source.split(":::")[1:] == [claims["sub"].rpartition("/")[2], "content:43"]


def test_the_two_links_are_two_rooms_of_one_course(lms: Driver) -> None:
    first, second = lms.claims("ta", "link1"), lms.claims("ta", "link2")
    assert first[CLAIM + "resource_link"]["id"] != second[CLAIM + "resource_link"]["id"]
    assert second[CLAIM + "resource_link"]["title"] == "Office hours"
    assert first[CLAIM + "context"] == second[CLAIM + "context"]
    assert first["sub"] == second["sub"]


def test_everybody_comes_through_the_same_link(lms: Driver) -> None:
    assert len({lms.claims(person)[CLAIM + "resource_link"]["id"] for person in PEOPLE}) == 1


@pytest.mark.parametrize(("key", "seconds"), [("canvas", 3600), ("moodle", 60), ("sakai", 3600)])
def test_life_of_an_id_token(lms_url: str, tool_url: str, clock: FixedClock, key: str, seconds: int) -> None:
    claims = Driver(lms_url, tool_url, key).claims("student1")
    assert claims["iat"] == int(clock.now())
    assert claims["exp"] - claims["iat"] == seconds


def test_azp_and_jti_are_where_the_real_ones_have_them(canvas: Driver, moodle: Driver, sakai: Driver) -> None:
    of = {lms.key: lms.claims("ta") for lms in (canvas, moodle, sakai)}
    assert {key for key, claims in of.items() if "azp" in claims} == {"canvas"}
    assert {key for key, claims in of.items() if "jti" in claims} == {"sakai"}
    assert sakai.claims("ta")["jti"] != of["sakai"]["jti"]


def test_nonce_is_the_asked_one(lms: Driver) -> None:
    assert lms.claims("ta")["nonce"] == "nonce-1"


def test_only_moodle_says_that_a_window_is_a_window(canvas: Driver, moodle: Driver, sakai: Driver) -> None:
    targets = {
        lms.key: lms.claims("ta", placing="window")[CLAIM + "launch_presentation"]["document_target"]
        for lms in (canvas, moodle, sakai)
    }
    assert targets == {"canvas": "iframe", "moodle": "window", "sakai": "iframe"}
