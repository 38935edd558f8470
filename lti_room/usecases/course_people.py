"""Who is in the course of a room: asked of the platform in the background, kept for minutes.

It names people who launched without a name and tells staff who is not here yet. It never gives rights.
The list is personal data: one key per room, gone by itself.
"""

import json
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import redis.exceptions

from lti_room.base import log
from lti_room.base.clock import Clock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registrations.registration import Registration, RegistrationStatus, RegistrationStore
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.names_roles import NamesRoles
from lti_room.rooms.roles import Role
from lti_room.usecases.course_list import (
    CourseLearners,
    CourseList,
    CoursePerson,
    Learner,
    by_role_and_name,
    learners_among,
    person_of,
    plain,
    real_names,
)
from lti_room.usecases.launches import Launches, LinkRecord
from lti_room.usecases.people import People, display_name

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
class _Kept:
    """What is kept of a room's list; `learners` are the LMS user ids of those a gradebook may know."""

    at: float | None = None
    tried_at: float = 0.0
    error: str | None = None
    wait: float = 0.0
    complete: bool = True
    people: tuple[tuple[str, str, str], ...] = ()
    learners: Mapping[ParticipantId, str] = field(default_factory=dict)


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

    def learners(self, room: RoomId) -> CourseLearners:
        """Return whom a gradebook may know, and have the platform asked in the background like `look`."""
        kept, source = self._kept(room), self._source(room)
        if isinstance(source, str):
            return CourseLearners({}, asking=False, error=source, complete=True)
        if self._is_due(kept, again=False):
            self._ask(room, kept, *source)
        asking = bool(self._redis.exists(_asking(room)))
        kept = self._kept(room)
        named = {row[0]: row[1] for row in kept.people}
        found = {who: Learner(named[who], sub) for who, sub in kept.learners.items()}
        return CourseLearners(found, asking=asking, error=kept.error, complete=kept.complete)

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
            people = {person.id: person for person in (person_of(registration, one) for one in listed)}
            self._people.learn_names(registration.id, real_names(registration, listed))
            ordered = sorted(people.values(), key=by_role_and_name)
            rows = tuple((one.id, one.name, one.role.value) for one in ordered)
            learners = learners_among(registration, listed)
            self._keep(room, _Kept(now, now, complete=members.complete, people=rows, learners=learners))
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
        found = [one for one in absent if plain(search) in plain(one.name)] if search else absent
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


def _of_row(row: Any, here: set[ParticipantId]) -> CoursePerson:
    participant = ParticipantId(row[0])
    return CoursePerson(participant, row[1], Role(row[2]), participant in here)


def _key(room: RoomId) -> str:
    return f"room:{room}:course-people"


def _asking(room: RoomId) -> str:
    return f"room:{room}:course-people-asking"
