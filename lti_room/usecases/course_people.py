"""Who is in the course of a room: asked of the platform in the background, kept for minutes.

It names people who launched without a name and tells staff who is not here yet. It never gives rights.
The list is personal data: one key per room, gone by itself.
"""

import json
import threading
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import redis.exceptions

from lti_room.base import log
from lti_room.base.clock import Clock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registration import Registration, RegistrationStatus, RegistrationStore
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.names_roles import Member, NamesRoles
from lti_room.rooms.roles import Role
from lti_room.usecases.launches import Launches, LinkRecord
from lti_room.usecases.people import People, display_name, participant_id

NOT_SHARED: Final = "names_roles_missing"
"""The platform's messages do not offer its list."""
WHOLE: Final = 1000
"""Courses up to this size are told whole, so that a page can keep up with who comes and goes."""
PAGE: Final = 200
_ASK_AGAIN_SECONDS: Final = 10
_AFTER_ERROR_SECONDS: Final = 60
_ASKING_SECONDS: Final = 120
_KEPT_TIMES: Final = 3
_LOG: Final = log.logger("usecases.course_people")


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
class _Kept:
    at: float | None = None
    tried_at: float = 0.0
    error: str | None = None
    wait: float = 0.0
    complete: bool = True
    people: tuple[tuple[str, str, str], ...] = ()


class CoursePeople:
    """The lists of all rooms.

    Args:
        redis: keeps the lists.
        clock: when they were told.
        settings: how long they are believed.
        registrations: whose course it is.
        launches: where a room lies.
        people: gets the names of those who launched without one.
        names_roles: asks the platform.
        present: returns who is in a room now.
    """

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        registrations: RegistrationStore,
        launches: Launches,
        people: People,
        names_roles: NamesRoles,
        present: Callable[[RoomId], Collection[ParticipantId]],
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._registrations = registrations
        self._launches = launches
        self._people = people
        self._names_roles = names_roles
        self._present = present

    def look(self, room: RoomId, *, again: bool = False, search: str = "", start: int = 0) -> CourseList:
        """Return what is known, and have the platform asked in the background if that is too old.

        Args:
            room: whose course.
            again: ask the platform even if the list is fresh, at most every 10 s.
            search: only people whose name holds this; ignored where the whole list is told.
            start: where the page begins; likewise.
        """
        kept = self._kept(room)
        source = self._source(room)
        if isinstance(source, str):
            return self._told(room, replace(kept, error=source), search, start, asking=False)
        if self._is_due(kept, again=again):
            self._ask(room, kept, *source)
        # In this order: whoever is told that nobody asks any more is told what the answer was.
        asking = bool(self._redis.exists(_asking(room)))
        return self._told(room, self._kept(room), search, start, asking=asking)

    def learn_name(self, room: RoomId, participant: ParticipantId) -> None:
        """Find the name of somebody who launched without one: from the list, or by having it asked for."""
        source = self._source(room)
        if isinstance(source, str):
            return
        _, registration, _ = source
        kept = self._kept(room)
        named = {ParticipantId(row[0]): row[1] for row in kept.people}
        if (name := named.get(participant)) and name != display_name(participant):
            self._people.learn_names(registration.id, {participant: name})
        elif self._clock.now() - kept.tried_at >= max(kept.wait, _AFTER_ERROR_SECONDS):
            self._ask(room, kept, *source)

    def _source(self, room: RoomId) -> tuple[LinkRecord, Registration, str] | str:
        """Return whom to ask and where, or the code of why nobody can be asked."""
        link = self._launches.link_of(room)
        claim = link.services.get("names_roles") if link else None
        url = claim.get("context_memberships_url") if isinstance(claim, dict) else None
        registration = self._registrations.find(link.registration) if link else None
        if link is None or registration is None or not isinstance(url, str):
            return NOT_SHARED
        if registration.status is not RegistrationStatus.ACTIVE:
            return "registration_disabled"
        return link, registration, url

    def _is_due(self, kept: _Kept, *, again: bool) -> bool:
        since = self._clock.now() - kept.tried_at
        if again and not kept.wait:
            return since >= _ASK_AGAIN_SECONDS
        if kept.error:
            return since >= max(kept.wait, _AFTER_ERROR_SECONDS)
        return since >= self._settings.course_people_seconds

    def _ask(
        self, room: RoomId, known: _Kept, link: LinkRecord, registration: Registration, url: str
    ) -> None:
        """Ask beside the request; of all processes one does."""
        if not self._redis.set(_asking(room), b"1", nx=True, ex=_ASKING_SECONDS):
            return
        if self._kept(room).tried_at != known.tried_at:
            # Another process has asked and been answered since we looked.
            self._redis.delete(_asking(room))
        else:
            threading.Thread(target=self._beside, args=(room, link, registration, url), daemon=True).start()

    def _beside(self, room: RoomId, link: LinkRecord, registration: Registration, url: str) -> None:
        try:
            self._fetch(room, link, registration, url)
        except redis.exceptions.RedisError as error:
            # Nobody waits for this answer: the next one who looks has it asked for again.
            _LOG.warning("course list not kept: %s", type(error).__name__, extra={"room": room})

    def _fetch(self, room: RoomId, link: LinkRecord, registration: Registration, url: str) -> None:
        now = self._clock.now()
        try:
            members = self._names_roles.members(
                registration, url, link_id=link.link or None, deployment=link.deployment
            )
            listed = [one for one in members.people if one.status == "Active"]
            people = {person.id: person for person in (_person(registration, one) for one in listed)}
            self._people.learn_names(registration.id, _names(registration, listed))
            ordered = sorted(people.values(), key=_order)
            rows = tuple((one.id, one.name, one.role.value) for one in ordered)
            self._keep(room, _Kept(now, now, complete=members.complete, people=rows))
        except ServiceError as error:
            _LOG.info("course list not told", extra={"room": room, "code": error.code})
            kept = self._kept(room)
            self._keep(room, replace(kept, tried_at=now, error=error.code, wait=error.retry_after or 0.0))
        finally:
            self._redis.delete(_asking(room))

    def _kept(self, room: RoomId) -> _Kept:
        stored = self._redis.get(_key(room))
        return _Kept(**json.loads(stored)) if stored else _Kept()

    def _keep(self, room: RoomId, kept: _Kept) -> None:
        seconds = self._settings.course_people_seconds * _KEPT_TIMES
        self._redis.set(_key(room), json.dumps(asdict(kept)), ex=max(seconds, _AFTER_ERROR_SECONDS))

    def _told(self, room: RoomId, kept: _Kept, search: str, start: int, *, asking: bool) -> CourseList:
        here = set(self._present(room))
        everybody = [_of_row(row, here) for row in kept.people]
        absent = [person for person in everybody if not person.here]
        whole = len(everybody) <= WHOLE
        found = [one for one in absent if _plain(search) in _plain(one.name)] if search else absent
        return CourseList(
            asking=asking,
            error=kept.error,
            asked_at=kept.at,
            complete=kept.complete,
            total=len(everybody),
            absent=len(absent),
            whole=whole,
            people=everybody if whole else found[start : start + PAGE],
            next=start + PAGE if not whole and start + PAGE < len(found) else None,
        )


def _person(registration: Registration, member: Member) -> CoursePerson:
    participant = participant_id(registration.id, member.user_id)
    name = display_name(participant, *_candidates(member))
    return CoursePerson(participant, name, Role(registration.roles.decide(member.roles)))


def _names(registration: Registration, members: list[Member]) -> dict[ParticipantId, str]:
    """Return the real names: those that are more than a stand-in."""
    found = {}
    for member in members:
        participant = participant_id(registration.id, member.user_id)
        if (name := display_name(participant, *_candidates(member))) != display_name(participant):
            found[participant] = name
    return found


def _candidates(member: Member) -> tuple[str | None, str, str]:
    whole = " ".join(part for part in (member.given_name, member.family_name) if part)
    return member.name, whole, (member.email or "").partition("@")[0]


def _of_row(row: Any, here: set[ParticipantId]) -> CoursePerson:
    participant = ParticipantId(row[0])
    return CoursePerson(participant, row[1], Role(row[2]), participant in here)


def _order(person: CoursePerson) -> tuple[bool, str, str]:
    return person.role is not Role.ATTENDEE, _plain(person.name), person.id


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name.casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def _key(room: RoomId) -> str:
    return f"room:{room}:course-people"


def _asking(room: RoomId) -> str:
    return f"room:{room}:course-people-asking"
