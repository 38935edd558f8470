"""What admins changed: who, when, what. One Redis Stream, the oldest entries go first.

It holds no secrets and nothing about people in rooms: `by` is the admin's own name, `details` are values an
admin chose, such as an address or a deployment's id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lti_room.base import log
from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings

_LOG: Final = log.logger("usecases.audit")
_STREAM: Final = "audit"


@dataclass(frozen=True)
class AuditEntry:
    """One change. `registration` is an id, empty where the change is about none."""

    at: float
    by: str
    what: str
    registration: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Audit:
    """The audit log."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._most = settings.audit_entries

    def write(
        self, *, by: str, what: str, registration: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        """Write one entry.

        Args:
            by: who did it, such as `cli:anna`.
            what: a word of this log, such as `registration_approved`.
            registration: its id.
            details: values that are no secret and name no person.
        """
        entry = {
            "at": repr(self._clock.now()),
            "by": by,
            "what": what,
            "registration": registration,
            "details": json.dumps(dict(details or {})),
        }
        self._redis.xadd(_STREAM, entry, maxlen=self._most, approximate=False)
        _LOG.info("audit: %s", what, extra={"registration": registration})

    def first_deployment(self, registration: str, deployment: str) -> None:
        """Write that a first deployment was approved by itself, as its registration allows."""
        details = {"deployment": deployment}
        self.write(by="first launch", what="deployment_approved", registration=registration, details=details)

    def latest(self, count: int) -> list[AuditEntry]:
        """Return the newest entries, the newest first."""
        return [_read(fields) for _, fields in self._redis.xrevrange(_STREAM, count=count)]


def _read(fields: Mapping[bytes, bytes]) -> AuditEntry:
    values = {text(name): text(value) for name, value in fields.items()}
    return AuditEntry(
        float(values["at"]),
        values["by"],
        values["what"],
        values["registration"],
        json.loads(values["details"]),
    )
