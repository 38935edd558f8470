"""From LTI roles to the three roles of a room: one table, read from top to bottom.

Core 1.3 appendix A.2: a role is a URI in the context, institution or system vocabulary; a short name means a
context role. Where there is any context role, only context roles decide: an institution's "Instructor" is a
teacher of some course, not of this one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TEST_USER: Final = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
"""Core 1.3 appendix A.2.3.1: nobody real. Canvas sends it for Student View."""


class LaunchRole(StrEnum):
    """What a launch makes of a person."""

    HOST = "host"
    MODERATOR = "moderator"
    ATTENDEE = "attendee"


class Vocabulary(StrEnum):
    """Which of the LIS vocabularies a role belongs to."""

    CONTEXT = "membership"
    INSTITUTION = "institution/person"
    SYSTEM = "system/person"


@dataclass(frozen=True)
class LtiRole:
    """A role in one form; all sub-roles of a teaching assistant are named `TeachingAssistant`."""

    vocabulary: Vocabulary
    name: str


_CONTEXT_ROWS: Final = (
    # Canvas sends Instructor beside TeachingAssistant: the assistant comes first.
    ("TeachingAssistant", LaunchRole.MODERATOR),
    ("Instructor", LaunchRole.HOST),
    ("Administrator", LaunchRole.MODERATOR),
    ("ContentDeveloper", LaunchRole.MODERATOR),
    ("Manager", LaunchRole.MODERATOR),
    ("Learner", LaunchRole.ATTENDEE),
    ("Mentor", LaunchRole.ATTENDEE),
    ("Member", LaunchRole.ATTENDEE),
    ("Officer", LaunchRole.ATTENDEE),
)
_OTHER_ROWS: Final = (
    (LtiRole(Vocabulary.INSTITUTION, "Administrator"), LaunchRole.MODERATOR),
    (LtiRole(Vocabulary.SYSTEM, "Administrator"), LaunchRole.MODERATOR),
    (LtiRole(Vocabulary.SYSTEM, "SysAdmin"), LaunchRole.MODERATOR),
)
ROWS: Final = (
    *((LtiRole(Vocabulary.CONTEXT, name), result) for name, result in _CONTEXT_ROWS),
    *_OTHER_ROWS,
)
"""The table. The first row that matches decides; no row: attendee."""

_VOCABULARY: Final = re.escape("http://purl.imsglobal.org/vocab/lis/v2/")
_PERSON: Final = re.compile(_VOCABULARY + r"(institution/person|system/person)#([A-Za-z]+)")
_MEMBERSHIP: Final = re.compile(_VOCABULARY + r"membership#([A-Za-z]+)")
# The specification's form of a sub-role, and Sakai's with two #.
_SUB_ROLE: Final = re.compile(_VOCABULARY + r"membership[/#]([A-Za-z]+)#([A-Za-z]+)")
_URN: Final = re.compile(r"urn:lti:(role|instrole|sysrole):ims/lis/([A-Za-z]+)(?:/([A-Za-z]+))?")
_SHORT: Final = re.compile(r"[A-Za-z]+")
_URN_VOCABULARY: Final = {
    "role": Vocabulary.CONTEXT,
    "instrole": Vocabulary.INSTITUTION,
    "sysrole": Vocabulary.SYSTEM,
}


def normalise(text: str) -> LtiRole | None:
    """Return a role in its one form, or None if it belongs to no vocabulary we know."""
    if found := _PERSON.fullmatch(text):
        return LtiRole(Vocabulary(found[1]), found[2])
    if found := _MEMBERSHIP.fullmatch(text):
        return _context_role(found[1], "")
    if found := _SUB_ROLE.fullmatch(text):
        return _context_role(found[1], found[2])
    if found := _URN.fullmatch(text):
        vocabulary = _URN_VOCABULARY[found[1]]
        if vocabulary is Vocabulary.CONTEXT:
            return _context_role(found[2], found[3] or "")
        return LtiRole(vocabulary, found[2])
    if _SHORT.fullmatch(text):
        return _context_role(text, "")
    return None


def _context_role(principal: str, sub_role: str) -> LtiRole:
    # Old Canvas versions write `membership/instructor#TeachingAssistant`.
    name = "Instructor" if principal == "instructor" and sub_role else principal
    if sub_role.startswith("TeachingAssistant") or sub_role == "Grader":
        name = "TeachingAssistant"
    return LtiRole(Vocabulary.CONTEXT, name)


class RoleTable:
    """The table with a registration's overrides: they change the result of a row, never the order.

    An override for a role that has no row gets one after all context rows.

    Args:
        overrides: role URI or short name -> result.
    """

    def __init__(self, overrides: Mapping[str, LaunchRole] | None = None) -> None:
        self.overrides = dict(overrides or {})
        changed = {normalise(text) or text: result for text, result in self.overrides.items()}
        rows: dict[LtiRole | str, LaunchRole] = {row: changed.pop(row, result) for row, result in ROWS}
        rows |= changed
        self._context = {row: result for row, result in rows.items() if _is_context(row)}
        self._others = {row: result for row, result in rows.items() if not _is_context(row)}

    def decide(self, roles: Sequence[str]) -> LaunchRole:
        """Return the room role of somebody with these LTI roles."""
        known = {normalise(text) or text for text in roles}
        rows = self._context if any(self._counts_as_context(role) for role in known) else self._others
        return next((result for row, result in rows.items() if row in known), LaunchRole.ATTENDEE)

    def _counts_as_context(self, role: LtiRole | str) -> bool:
        return role in self._context or (isinstance(role, LtiRole) and role.vocabulary is Vocabulary.CONTEXT)


def _is_context(role: LtiRole | str) -> bool:
    """Whether a row is about the course; a URI of a vocabulary of the school's own is taken as such."""
    return isinstance(role, str) or role.vocabulary is Vocabulary.CONTEXT
