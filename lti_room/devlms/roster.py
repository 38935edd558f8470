"""Who is in the emulated course, as each LMS's names and roles service tells it.

The members are those one can launch as, with the same ids, and some classmates who never come. Their shape is
the recorded one of `people/<lms>/nrps_page1.json`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from lti_room.devlms.claims import claims_for
from lti_room.devlms.persons import CLASSMATES, PEOPLE, Person, crowd, recorded
from lti_room.devlms.platform import CLAIM, LINKS, Launch, Platform

_CONTEXT_ROLE: Final = re.compile(r"http://purl\.imsglobal\.org/vocab/lis/v2/membership(?:/\w+)?#.+")
_SHORT: Final = re.compile(r"^.*membership#(\w+)(?:#(\w+))?$")


def members(platform: Platform, more: int = 0) -> list[dict[str, Any]]:
    """Return everybody in the course, instructors first; `more` classmates if it is a large one."""
    found = [_member(platform, person) for person in (*PEOPLE.values(), *CLASSMATES, *crowd(more))]
    return [member for member in found if member["roles"]]


def learners(platform: Platform) -> list[dict[str, Any]]:
    """Return those who can have grades."""
    return [
        member for member in members(platform) if any(role.endswith("Learner") for role in member["roles"])
    ]


def _member(platform: Platform, person: Person) -> dict[str, Any]:
    claims = claims_for(platform, Launch("", person, next(iter(LINKS.values())), "frame", 0.0))
    template: dict[str, Any] = recorded(platform.key, "nrps_page1")["members"][0]
    sub = str(claims["sub"])
    own = {
        "user_id": sub,
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
        "roles": _ROLES[platform.key](claims, person),
        "lti11_legacy_user_id": claims.get(CLAIM + "lti11_legacy_user_id", sub.rpartition("/")[2]),
        "ext_user_username": f"user{sub}",
        "lis_person_sourcedid": claims.get(CLAIM + "lis", {}).get("person_sourcedid"),
        "picture": f"{platform.issuer}/images/messages/avatar-50.png",
        "sakai_ext": {"sakai_role": _sakai_role(claims)},
    }
    return {name: own.get(name, value) for name, value in template.items()}


def _canvas_roles(claims: Mapping[str, Any], person: Person) -> list[str]:
    """Full addresses of context roles; an administrator who is not enrolled has none and is absent."""
    del person
    roles = [role for role in claims[CLAIM + "roles"] if _CONTEXT_ROLE.fullmatch(role)]
    return sorted(roles, key=lambda role: "TeachingAssistant" not in role)


def _moodle_roles(claims: Mapping[str, Any], person: Person) -> list[str]:
    """Short names, by another rule than launches: a non-editing teacher is a Learner here."""
    roles = claims[CLAIM + "roles"]
    if any(role.endswith("person#Administrator") for role in roles):
        return ["Instructor", "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"]
    teaches = person.kind != "ta" and any(role.endswith("membership#Instructor") for role in roles)
    return ["Instructor" if teaches else "Learner"]


def _sakai_roles(claims: Mapping[str, Any], person: Person) -> list[str]:
    """Both forms of each."""
    del person
    found: list[str] = []
    for role in claims[CLAIM + "roles"]:
        if short := _SHORT.fullmatch(role):
            found += [short[2] or short[1], role]
    return found


_ROLES: Final = {"canvas": _canvas_roles, "moodle": _moodle_roles, "sakai": _sakai_roles}


def _sakai_role(claims: Mapping[str, Any]) -> str:
    extension = claims.get("https://www.sakailms.org/spec/lti/claim/extension", {})
    return str(extension.get("sakai_role", ""))
