"""All registrations: those of the TOML file, which win and are read-only, and those in Redis.

Nothing is kept in the process: a registration that was switched off is off at the next request, everywhere.

| key | holds |
|---|---|
| `registrations` | id -> `{"entry": as in the TOML file, "status"}` |
| `registrations:issuer:<hash>` | ids of one issuer |
| `registrations:deployments:<id>`, `registrations:refused:<id>` | deployments an admin decided on |
| `registrations:waiting:<id>` | deployment -> course title and time of its first launch |
| `registrations:ancestors:<id>` | origins of pages around the LMS that may not frame rooms |
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from redis.client import Pipeline

from lti_room.base import log
from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.entry import changed, from_mapping, to_mapping
from lti_room.lti.registrations.in_memory import (
    LONGEST_ORIGIN,
    LONGEST_TITLE,
    MOST_ANCESTORS,
    MOST_WAITING,
    RegistrationList,
)
from lti_room.lti.registrations.registration import (
    AlreadyRegistered,
    Registration,
    RegistrationReadOnly,
    RegistrationStatus,
    RegistrationUnknown,
    WaitingDeployment,
)

_LOG: Final = log.logger("lti.registrations")
_ROWS: Final = "registrations"
_DEPLOYMENTS: Final = "registrations:deployments:"
_REFUSED: Final = "registrations:refused:"
_WAITING: Final = "registrations:waiting:"
_ANCESTORS: Final = "registrations:ancestors:"

_INSERT: Final = """
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('SADD', KEYS[2], ARGV[1])
return 1
"""
_OF_ISSUER: Final = """
local ids = redis.call('SMEMBERS', KEYS[1])
if #ids == 0 then return {} end
return redis.call('HMGET', KEYS[2], unpack(ids))
"""
_FIRST: Final = """
if redis.call('SCARD', KEYS[1]) > 0 or redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
return 1
"""
_NOTE: Final = """
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return end
if redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) end
"""
_ANCESTOR: Final = """
if redis.call('SCARD', KEYS[1]) < tonumber(ARGV[2]) then redis.call('SADD', KEYS[1], ARGV[1]) end
"""


class Registrations:
    """The `RegistrationStore` of a running lti-room.

    Args:
        redis: where what admins and launches change is kept.
        clock: when deployments were noted.
        fixed: those of the TOML file and, in development, of the emulated LMSs.
        development: allow http and local addresses in entries.
        first_approved: called with the ids when a first deployment was approved by itself.

    Raises:
        SettingsError: two of `fixed` have the same issuer and client_id.
    """

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        fixed: Sequence[Registration] = (),
        *,
        development: bool = False,
        first_approved: Callable[[str, str], None] | None = None,
    ) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._fixed = RegistrationList(fixed)
        self._development = development
        self._first_approved = first_approved
        scripts = (_INSERT, _OF_ISSUER, _FIRST, _NOTE, _ANCESTOR)
        self._insert, self._of_issuer, self._first, self._note, self._ancestor = map(
            redis.register_script, scripts
        )

    def find(self, registration_id: str) -> Registration | None:
        """Return a registration by its id."""
        return self._fixed.find(registration_id) or self._read(self._redis.hget(_ROWS, registration_id))

    def of_issuer(self, issuer: str) -> Sequence[Registration]:
        """Return all registrations of an issuer, compared exactly."""
        fixed = self._fixed.of_issuer(issuer)
        rows = self._of_issuer([_issuer_key(issuer), _ROWS])
        taken = {one.id for one in fixed}
        others = [one for one in map(self._read, rows) if one and one.issuer == issuer]
        return (*fixed, *(one for one in others if one.id not in taken))

    def all(self) -> Sequence[Registration]:
        """Return every registration, sorted by name."""
        others = [one for one in map(self._read, self._redis.hvals(_ROWS)) if one]
        every = [*self._fixed.all(), *(one for one in others if not self.is_read_only(one.id))]
        return sorted(every, key=lambda one: (one.name, one.id))

    def is_read_only(self, registration_id: str) -> bool:
        """Whether a registration stands in the file and is changed there only."""
        return self._fixed.is_read_only(registration_id)

    def insert(self, registration: Registration) -> None:
        """Add a registration; one that is there is never overwritten.

        Raises:
            AlreadyRegistered: its issuer and client_id are known.
        """
        keys = [_ROWS, _issuer_key(registration.issuer)]
        known = self.is_read_only(registration.id)
        if known or not self._insert(keys, [registration.id, _row(registration)]):
            raise AlreadyRegistered

    def set_status(self, registration_id: str, status: RegistrationStatus) -> None:
        """Change whether launches are accepted, from the next request on.

        Raises:
            RegistrationUnknown, RegistrationReadOnly: it cannot be changed.
        """
        self._change(registration_id, lambda found: replace(found, status=status))

    def update(self, registration_id: str, changes: Mapping[str, Any]) -> Registration:
        """Change members, named as in the TOML file; issuer and client_id stay. Return the new state.

        Raises:
            RegistrationUnknown, RegistrationReadOnly: it cannot be changed.
            SettingsError: a change is malformed.
        """
        return self._change(
            registration_id, lambda found: changed(found, changes, development=self._development)
        )

    def remove(self, registration_id: str) -> None:
        """Forget a registration with its deployments.

        Raises:
            RegistrationUnknown, RegistrationReadOnly: it cannot be changed.
        """
        issuer_key = _issuer_key(self._changeable(registration_id).issuer)
        with self._redis.pipeline() as pipe:
            pipe.hdel(_ROWS, registration_id)
            pipe.srem(issuer_key, registration_id)
            pipe.delete(*(key + registration_id for key in (_DEPLOYMENTS, _REFUSED, _WAITING, _ANCESTORS)))
            pipe.execute()

    def is_deployment_known(self, registration: Registration, deployment: str) -> bool:
        """Whether a deployment is approved or was registered with the LMS."""
        if deployment in registration.deployments:
            return True
        return bool(self._redis.sismember(_DEPLOYMENTS + registration.id, deployment))

    def approve_first_deployment(self, registration: Registration, deployment: str) -> bool:
        """Approve a deployment if the registration allows it and has no other. True: it is approved now."""
        if not registration.approve_first_deployment or registration.deployments:
            return False
        keys = [key + registration.id for key in (_DEPLOYMENTS, _REFUSED, _WAITING)]
        approved = bool(self._first(keys, [deployment]))
        if approved and self._first_approved:
            self._first_approved(registration.id, deployment)
        return approved

    def known_deployments(self, registration_id: str) -> Sequence[str]:
        """Return the deployments that may launch, sorted."""
        found = self.find(registration_id)
        approved = {text(one) for one in self._redis.smembers(_DEPLOYMENTS + registration_id)}
        return sorted(approved | found.deployments if found else approved)

    def note_deployment(self, registration_id: str, deployment: str, course_title: str) -> None:
        """Remember a deployment that waits for approval; refused ones do not come back."""
        noted = json.dumps({"course_title": course_title[:LONGEST_TITLE], "at": self._clock.now()})
        keys = [_WAITING + registration_id, _REFUSED + registration_id]
        self._note(keys, [deployment, noted, MOST_WAITING])

    def pending_deployments(self, registration_id: str) -> Sequence[WaitingDeployment]:
        """Return the deployments that wait for approval, the oldest first."""
        rows = self._redis.hgetall(_WAITING + registration_id)
        waiting = [WaitingDeployment(text(name), **json.loads(noted)) for name, noted in rows.items()]
        return sorted(waiting, key=lambda one: (one.at, one.deployment))

    def approve_deployment(self, registration_id: str, deployment: str) -> None:
        """Let a deployment launch, from its next launch on.

        Raises:
            RegistrationUnknown: there is no such registration.
        """
        self._decide(registration_id, deployment, into=_DEPLOYMENTS, out_of=_REFUSED)

    def refuse_deployment(self, registration_id: str, deployment: str) -> None:
        """Turn a deployment away, also one that was approved before (not one that stands in the entry).

        Raises:
            RegistrationUnknown: there is no such registration.
        """
        self._decide(registration_id, deployment, into=_REFUSED, out_of=_DEPLOYMENTS)

    def note_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Remember the origin of a page around the LMS that may not frame rooms yet."""
        if len(origin) <= LONGEST_ORIGIN:
            self._ancestor([_ANCESTORS + registration_id], [origin, MOST_ANCESTORS])

    def noted_frame_ancestors(self, registration_id: str) -> Sequence[str]:
        """Return the noted origins, sorted."""
        return sorted(text(one) for one in self._redis.smembers(_ANCESTORS + registration_id))

    def forget_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Forget a noted origin."""
        self._redis.srem(_ANCESTORS + registration_id, origin)

    def _decide(self, registration_id: str, deployment: str, *, into: str, out_of: str) -> None:
        if self.find(registration_id) is None:
            raise RegistrationUnknown
        with self._redis.pipeline() as pipe:
            pipe.sadd(into + registration_id, deployment)
            pipe.srem(out_of + registration_id, deployment)
            pipe.hdel(_WAITING + registration_id, deployment)
            pipe.execute()

    def _changeable(self, registration_id: str) -> Registration:
        if self.is_read_only(registration_id):
            raise RegistrationReadOnly
        found = self.find(registration_id)
        if found is None:
            raise RegistrationUnknown
        return found

    def _change(self, registration_id: str, how: Callable[[Registration], Registration]) -> Registration:
        """Two admins at once: the second one's change is made upon the first one's."""

        def step(pipe: Pipeline) -> Registration:
            new = how(self._changeable(registration_id))
            pipe.multi()
            pipe.hset(_ROWS, registration_id, _row(new))
            return new

        new: Registration = self._redis.transaction(step, _ROWS, value_from_callable=True)
        return new

    def _read(self, row: bytes | None) -> Registration | None:
        if row is None:
            return None
        try:
            stored = json.loads(row)
            found = from_mapping(stored["entry"], development=self._development)
            return replace(found, status=RegistrationStatus(stored["status"]))
        except (SettingsError, ValueError, KeyError, TypeError):
            # One entry that is not allowed here (http, in production) must not lock out all others.
            _LOG.warning("a registration in Redis is not usable with these settings and is left out")
            return None


def _row(registration: Registration) -> str:
    return json.dumps({"entry": to_mapping(registration), "status": registration.status})


def _issuer_key(issuer: str) -> str:
    return f"registrations:issuer:{hashlib.sha256(issuer.encode()).hexdigest()[:32]}"
