"""A person's data: found, handed out, erased. `config/privacy.md` says in words what is kept where."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from typing import Any, Final

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis, text
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.administering.kept_records import KeptAttendance, KeptGrades
from lti_room.usecases.chat import Chat
from lti_room.usecases.launches import Launches, seen_key
from lti_room.usecases.people import People, participant_id

_PARTICIPANT: Final = re.compile(r"p_[a-z2-9]{16}")
_ANYBODY: Final = re.compile(rb"p_[a-z2-9]{16}")
_BATCH: Final = 500


@dataclass(frozen=True)
class Held:
    """How much a registration holds."""

    rooms: int
    people: int


@dataclass(frozen=True, kw_only=True)
class Erased:
    """How much was erased of somebody. All zero: nothing was held any more."""

    person: int = 0
    launches: int = 0
    messages: int = 0
    sessions: int = 0
    grades: int = 0


class Privacy:
    """People's data of all registrations. `by` is the admin's name, for the audit log."""

    def __init__(self, redis: Redis, people: People, launches: Launches, audit: Audit) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._people = people
        self._launches = launches
        self._audit = audit
        self._chat = Chat(redis)
        self._attendance = KeptAttendance(redis)
        self._grades = KeptGrades(redis)

    def count(self, registration: str) -> Held:
        """Return how many rooms and people a registration has."""
        rooms = sum(1 for _ in self._launches.rooms_of(registration))
        return Held(rooms, self._redis.hlen(f"people:{registration}"))

    def find(self, registration: str, who: str) -> ParticipantId:
        """Return whom a participant id, an e-mail or an LMS user id means.

        Raises:
            AppError: `person_unknown`; `person_ambiguous`, several people share that e-mail.
        """
        if _PARTICIPANT.fullmatch(who):
            return ParticipantId(who)
        by_user = participant_id(registration, who)
        if who and (self._people.person(registration, by_user) or self._is_marked(registration, by_user)):
            return by_user
        return self.of_email(registration, who)

    def of_email(self, registration: str, email: str) -> ParticipantId:
        """Return the person of a registration with this e-mail; upper and lower case are alike.

        Raises:
            AppError: `person_unknown`, `person_ambiguous`.
        """
        found = [who for who, known in self._everybody(registration) if known == email.casefold() and email]
        if len(found) > 1:
            raise AppError("person_ambiguous", "Several people have this e-mail; use the LMS user id.")
        if not found:
            raise AppError("person_unknown", "Nobody is known by that here.")
        return found[0]

    def export(self, registration: str, participant: ParticipantId, *, by: str) -> dict[str, Any]:
        """Return everything that is held about somebody, as JSON values; other people's ids are masked."""
        person = self._people.person(registration, participant)
        seen = self._redis.zscore(seen_key(registration), participant)
        launches = [asdict(one) for one in self._launches.of_participant(participant)]
        held = {
            "registration": registration,
            "participant": participant,
            "person": asdict(person) if person else None,
            "latest_launch": seen,
            "blocked": bool(self._redis.hexists(f"blocked:{registration}", participant)),
            "launches": [one for one in launches if one["registration"] == registration],
            "rooms": [
                found
                for room in self._launches.rooms_of(registration)
                if (found := self._in_room(room, participant))
            ],
        }
        self._audit.write(by=by, what="person_exported", registration=registration)
        return held

    def erase(self, registration: str, participant: ParticipantId, *, by: str) -> Erased:
        """Erase what is held about somebody; asked again, nothing more happens.

        Rooms keep their events, which name participants by an id only, and a block stays: it is that id, too.
        """
        launches = [one.id for one in self._launches.of_participant(participant)]
        for launch in launches:
            self._launches.forget(launch)
        known = self._people.person(registration, participant) is not None
        self._people.forget(registration, participant)
        self._redis.zrem(seen_key(registration), participant)
        rooms = list(self._launches.rooms_of(registration))
        for room in rooms:
            # Asked anew when somebody of the staff looks again.
            self._redis.delete(f"room:{room}:course-people")
        erased = Erased(
            person=int(known),
            launches=len(launches),
            messages=sum(self._chat.erase_sender(room, participant) for room in rooms),
            sessions=sum(self._attendance.erase(room, participant) for room in rooms),
            grades=sum(self._grades.erase(registration, room, participant) for room in rooms),
        )
        self._audit.write(
            by=by, what="person_erased", registration=registration, details={"erased": sum(astuple(erased))}
        )
        return erased

    def _is_marked(self, registration: str, participant: ParticipantId) -> bool:
        """Whether a room's staff gave a status to somebody who never launched."""
        rooms = self._launches.rooms_of(registration)
        return any(self._attendance.of(room, participant) for room in rooms)

    def _everybody(self, registration: str) -> Iterator[tuple[ParticipantId, str]]:
        for who, stored in self._redis.hscan_iter(f"people:{registration}", count=_BATCH):
            yield ParticipantId(text(who)), (json.loads(stored).get("email") or "").casefold()

    def _in_room(self, room: RoomId, participant: ParticipantId) -> dict[str, Any] | None:
        found: dict[str, Any] = {
            "messages": [{"at": one.at, "text": one.text} for one in self._chat.of_sender(room, participant)],
            "attendance": self._attendance.of(room, participant),
            "grade": self._grades.of(room, participant),
            "events": list(self._events(room, participant)),
        }
        return {"room": room, **found} if any(found.values()) else None

    def _events(self, room: RoomId, participant: ParticipantId) -> Iterator[dict[str, Any]]:
        start, own = "-", participant.encode()
        while entries := self._redis.xrange(f"room:{room}:events", min=start, count=_BATCH):
            for _, fields in entries:
                for envelope in fields.values():
                    if own in envelope:
                        masked = _ANYBODY.sub(lambda m: m[0] if m[0] == own else b"somebody else", envelope)
                        yield json.loads(masked)
            start = f"({text(entries[-1][0])}"
