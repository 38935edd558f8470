"""What the members of a course are to a room: people by name and role, and whom a gradebook may know."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.roles import TEST_USER, LtiRole, Vocabulary, normalise
from lti_room.lti.services.names_roles import Member
from lti_room.rooms.roles import Role
from lti_room.usecases.people import display_name, participant_id

_LEARNER: Final = LtiRole(Vocabulary.CONTEXT, "Learner")


@dataclass(frozen=True)
class CoursePerson:
    """Somebody in the course. `role` is how they are marked, not what they may do; `here` at this moment."""

    id: ParticipantId
    name: str
    role: Role
    here: bool = False


@dataclass(frozen=True, kw_only=True)
class CourseList:
    """What is known now.

    `asked_at`: when the platform told the list, None if it never did. `asking`: it is being asked. `error`:
    why the latest attempt brought nothing. `complete`: nobody was left out. `whole`: `people` are all, those
    who are here too; else a page of those who are not, with `next` as the start of the following page.
    """

    asking: bool
    error: str | None
    asked_at: float | None
    complete: bool
    total: int
    absent: int
    whole: bool
    people: list[CoursePerson]
    next: int | None


@dataclass(frozen=True)
class Learner:
    """Somebody whom the gradebook of the course may know. `sub` is the platform's own id of them."""

    name: str
    sub: str


@dataclass(frozen=True)
class CourseLearners:
    """The learners of a course as far as they are known; the rest as in `CourseList`."""

    people: Mapping[ParticipantId, Learner]
    asking: bool
    error: str | None
    complete: bool


def person_of(registration: Registration, member: Member) -> CoursePerson:
    """Return a member as lists show them."""
    participant = participant_id(registration.id, member.user_id)
    name = display_name(participant, *_candidates(member))
    return CoursePerson(participant, name, Role(registration.roles.decide(member.roles)))


def real_names(registration: Registration, members: Iterable[Member]) -> dict[ParticipantId, str]:
    """Return the names that are more than a stand-in."""
    found = {}
    for member in members:
        participant = participant_id(registration.id, member.user_id)
        if (name := display_name(participant, *_candidates(member))) != display_name(participant):
            found[participant] = name
    return found


def learners_among(registration: Registration, members: Iterable[Member]) -> dict[ParticipantId, str]:
    """Return the LMS user ids of learners: never of staff, observers or the LMS's test student.

    Moodle lists non-editing teachers as learners, too; it takes no grade for them.
    """
    return {
        participant_id(registration.id, one.user_id): one.user_id
        for one in members
        if _is_learner(registration, one)
    }


def _is_learner(registration: Registration, member: Member) -> bool:
    if TEST_USER in member.roles or Role(registration.roles.decide(member.roles)) is not Role.ATTENDEE:
        return False
    return any(normalise(role) == _LEARNER for role in member.roles)


def _candidates(member: Member) -> tuple[str | None, str, str]:
    whole = " ".join(part for part in (member.given_name, member.family_name) if part)
    return member.name, whole, (member.email or "").partition("@")[0]


def by_role_and_name(person: CoursePerson) -> tuple[bool, str, str]:
    """Sort staff before the others, then by name."""
    return person.role is not Role.ATTENDEE, plain(person.name), person.id


def plain(name: str) -> str:
    """Return a name without case and accents, to search in."""
    decomposed = unicodedata.normalize("NFD", name.casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
