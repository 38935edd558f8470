"""Roles: every recorded person, every form of a role, overrides."""

import pytest

from lti_room.lti.roles import LaunchRole, RoleTable
from tests.lti.conftest import School
from tests.support.platform import CLAIM, recorded

RECORDED = [(kind, name) for kind in ("canvas", "moodle", "sakai") for name in recorded(kind, "expected")]
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"


@pytest.mark.parametrize(("kind", "name"), RECORDED)
def test_recorded_person_gets_the_expected_role(kind: str, name: str) -> None:
    roles = recorded(kind, name.removesuffix(".json"))[f"{CLAIM}roles"]
    assert RoleTable().decide(roles) == recorded(kind, "expected")[name]["role"]


@pytest.mark.parametrize(("kind", "name"), [row for row in RECORDED if "deep_linking" not in row[1]])
def test_recorded_person_enters_with_the_expected_role(school: School, kind: str, name: str) -> None:
    visitor = school.visitor()
    platform = {"canvas": school.canvas, "moodle": school.moodle, "sakai": school.sakai}[kind]
    told = visitor.boot(visitor.enter(platform, name.removesuffix(".json")))
    assert told["participant"]["role"] == recorded(kind, "expected")[name]["role"]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistant"], "moderator"),
        ([f"{MEMBERSHIP}/instructor#TeachingAssistant"], "moderator"),
        ([f"{MEMBERSHIP}#Instructor#TeachingAssistant"], "moderator"),
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistantSection"], "moderator"),
        (["TeachingAssistant", "Instructor"], "moderator"),
        ([f"{MEMBERSHIP}/Instructor#PrimaryInstructor"], "host"),
        (["Learner", "Instructor"], "host"),
        (["urn:lti:role:ims/lis/Instructor"], "host"),
        (["urn:lti:role:ims/lis/TeachingAssistant"], "moderator"),
        (["urn:lti:instrole:ims/lis/Administrator"], "moderator"),
        (["urn:lti:sysrole:ims/lis/SysAdmin", "urn:lti:role:ims/lis/Learner"], "attendee"),
        ([f"{MEMBERSHIP}#Manager"], "moderator"),
        ([f"{MEMBERSHIP}#Administrator"], "moderator"),
        ([f"{SYSTEM}Administrator"], "moderator"),
        ([f"{INSTITUTION}Administrator", f"{MEMBERSHIP}#Mentor"], "attendee"),
        ([f"{INSTITUTION}Administrator", f"{MEMBERSHIP}#Unheard"], "attendee"),
        ([f"{INSTITUTION}Faculty", f"{INSTITUTION}Staff", f"{SYSTEM}User"], "attendee"),
        (["instructor"], "attendee"),
        (["Instructor "], "attendee"),
        ([f"{MEMBERSHIP}#InstructorX"], "attendee"),
    ],
)
def test_forms_of_roles(roles: list[str], expected: str) -> None:
    assert RoleTable().decide(roles) == expected


def test_override_changes_the_result_of_a_row() -> None:
    table = RoleTable({"ContentDeveloper": LaunchRole.HOST})
    assert table.decide([f"{MEMBERSHIP}#ContentDeveloper"]) is LaunchRole.HOST


def test_override_by_uri_and_by_short_name_mean_the_same_row() -> None:
    table = RoleTable({f"{MEMBERSHIP}/Instructor#TeachingAssistant": LaunchRole.HOST})
    assert table.decide(["TeachingAssistant"]) is LaunchRole.HOST


def test_override_does_not_change_the_order() -> None:
    table = RoleTable({"Learner": LaunchRole.HOST, "Instructor": LaunchRole.ATTENDEE})
    assert table.decide(["Learner", "Instructor"]) is LaunchRole.ATTENDEE


def test_override_of_an_institution_role_waits_for_the_context_roles() -> None:
    table = RoleTable({f"{INSTITUTION}Faculty": LaunchRole.MODERATOR})
    assert table.decide([f"{INSTITUTION}Faculty"]) is LaunchRole.MODERATOR
    assert table.decide([f"{INSTITUTION}Faculty", "Learner"]) is LaunchRole.ATTENDEE


def test_override_for_a_role_of_the_schools_own() -> None:
    table = RoleTable({"https://school.example/roles#Tutor": LaunchRole.MODERATOR})
    assert table.decide(["https://school.example/roles#Tutor"]) is LaunchRole.MODERATOR
    assert table.decide(["https://school.example/roles#Tutor", "Instructor"]) is LaunchRole.HOST
