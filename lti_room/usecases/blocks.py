"""People an admin shut out: their launches are refused in every room of their registration.

Redis: `blocked:<registration>`, participant -> when (seconds since the epoch). Participant ids only.
"""

from dataclasses import dataclass
from typing import Any

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId
from lti_room.base.redis_client import Redis
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.launches import Launches


@dataclass(frozen=True)
class Blocked:
    """Somebody who is shut out, and since when."""

    registration: str
    participant: ParticipantId
    since: float


class Blocks:
    """The list of each registration. `by` is the admin's name, for the audit log."""

    def __init__(self, redis: Redis, clock: Clock, launches: Launches, audit: Audit) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._launches = launches
        self._audit = audit

    def check(self, registration: str, participant: ParticipantId) -> None:
        """Let nobody pass who is shut out.

        Raises:
            AppError: `user_suspended`.
        """
        if self._redis.hexists(_key(registration), participant):
            raise AppError("user_suspended", "The people who run the rooms have shut you out.")

    def block(self, registration: str, participant: ParticipantId, *, by: str) -> None:
        """Shut somebody out; the launches they have end, so that their pages cannot stay for long."""
        self._redis.hset(_key(registration), participant, repr(self._clock.now()))
        for launch in self._launches.of_participant(participant):
            self._launches.forget(launch.id)
        self._audit.write(
            by=by, what="person_blocked", registration=registration, details={"participant": participant}
        )

    def unblock(self, registration: str, participant: ParticipantId, *, by: str) -> None:
        """Let somebody in again."""
        self._redis.hdel(_key(registration), participant)
        self._audit.write(
            by=by, what="person_unblocked", registration=registration, details={"participant": participant}
        )

    def of(self, registration: str) -> list[Blocked]:
        """Return who is shut out, the latest first."""
        stored = self._redis.hgetall(_key(registration))
        found = [
            Blocked(registration, ParticipantId(who.decode()), float(since)) for who, since in stored.items()
        ]
        return sorted(found, key=lambda one: -one.since)


def _key(registration: str) -> str:
    return f"blocked:{registration}"
