"""Invitations to register a platform: a code in an address, for one registration, for a day.

Whoever holds the code may register one platform. Redis holds only hashes of codes.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings
from lti_room.usecases.binding import digest

_KEY: Final = "registrations:invitations"
_ID_CHARACTERS: Final = 12
_LONGEST_NOTE: Final = 100


class InvitationInvalid(AppError):
    """The code of an invitation is unknown, used or too old."""

    def __init__(self) -> None:
        super().__init__(
            "invitation_invalid",
            "This invitation was used or is too old; ask for a new one.",
        )


@dataclass(frozen=True, kw_only=True)
class InvitationTerms:
    """What an invitation allows.

    `trusted`: the registration is active at once, if the platform's documents agree with each other.
    `approve_first_deployment`: its first deployment needs no approval. `private_network`: the platform may
    lie at a private address.
    """

    trusted: bool = False
    approve_first_deployment: bool = False
    private_network: bool = False


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """An open invitation. `note` is what its author calls the school; `until` is when it ends."""

    id: str
    note: str
    by: str
    until: float
    terms: InvitationTerms


class RegistrationInvitations:
    """Makes, lists and takes invitations."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._seconds = settings.registration_invitation_seconds

    def make(self, note: str, *, by: str, terms: InvitationTerms) -> tuple[str, Invitation]:
        """Return a new code, which is shown once, and its invitation."""
        self.open()
        code = entropy.new_secret()
        made = Invitation(
            id=digest(code)[:_ID_CHARACTERS],
            note=_clean(note),
            by=by,
            until=self._clock.now() + self._seconds,
            terms=terms,
        )
        self._redis.hset(_KEY, digest(code), json.dumps(asdict(made)))
        return code, made

    def open(self) -> list[Invitation]:
        """Return those that can still be used, the oldest first; the others are forgotten."""
        found = {name: _read(row) for name, row in self._redis.hgetall(_KEY).items()}
        over = [name for name, one in found.items() if one.until <= self._clock.now()]
        if over:
            self._redis.hdel(_KEY, *over)
        return sorted((one for name, one in found.items() if name not in over), key=lambda one: one.until)

    def look(self, code: str) -> Invitation:
        """Return the invitation of a code without using it.

        Raises:
            InvitationInvalid: there is none.
        """
        row = self._redis.hget(_KEY, digest(code))
        found = _read(row) if row else None
        if found is None or found.until <= self._clock.now():
            raise InvitationInvalid
        return found

    def take(self, code: str) -> Invitation:
        """Use a code up: of several at once one wins.

        Raises:
            InvitationInvalid: there is none, or somebody was faster.
        """
        found = self.look(code)
        if not self._redis.hdel(_KEY, digest(code)):
            raise InvitationInvalid
        return found

    def give_back(self, code: str, invitation: Invitation) -> None:
        """Open a taken invitation again: nothing came of it."""
        self._redis.hset(_KEY, digest(code), json.dumps(asdict(invitation)))

    def revoke(self, invitation_id: str) -> Invitation:
        """End an invitation.

        Raises:
            InvitationInvalid: there is none with this id.
        """
        for name, row in self._redis.hgetall(_KEY).items():
            if text(name).startswith(invitation_id) and len(invitation_id) == _ID_CHARACTERS:
                self._redis.hdel(_KEY, name)
                return _read(row)
        raise InvitationInvalid


def _read(row: bytes) -> Invitation:
    stored = json.loads(row)
    return Invitation(**(stored | {"terms": InvitationTerms(**stored["terms"])}))


def _clean(note: str) -> str:
    return "".join(c for c in note if c.isprintable()).strip()[:_LONGEST_NOTE]
