"""Tickets: short-lived signed proof that lets one browser into one room.

An *entry* ticket travels in the fragment of the redirect after a launch and is worth little: two minutes, and
dead soon after its first use. `GET /api/boot` gives a *working* ticket for it, which the socket accepts.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import jwt

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.rooms.roles import Role
from lti_room.usecases import binding

RETIRE_SECONDS: Final = 30
"""How long a ticket still works after the one that follows it is known to have arrived."""

_KEY: Final = "keys:ticket"
_LONGEST: Final = 2048


class TicketKind(StrEnum):
    """What a ticket is good for."""

    ENTRY = "entry"
    WORKING = "working"
    DEEP_LINK = "deep_link"
    """Leads from a deep linking request to its page, as an entry ticket into a room."""
    DEEP_LINK_PAGE = "deep_link_page"
    CHECK = "check"
    """Good for the check page only, as long as that is open."""


_INTO_ROOMS: Final = (TicketKind.ENTRY, TicketKind.WORKING)


class PageKind(StrEnum):
    """How the page of a ticket was opened."""

    TAB = "tab"
    WINDOW = "window"
    """By "Open in a new window", out of a page that stays open."""


class TicketError(AppError):
    """A ticket that does not open: `ticket_invalid` (not ours, or not this browser's) or `ticket_expired`."""


def invalid() -> TicketError:
    """Return the refusal of a ticket that is not good here."""
    return TicketError("ticket_invalid", "Go back to your course and open the room again.")


def expired() -> TicketError:
    """Return the refusal of a ticket whose time is over."""
    return TicketError(
        "ticket_expired", "Go back to your course and open the room again; that takes a second."
    )


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a ticket says. Times are seconds since the epoch; `cookie` is the name of the binding cookie."""

    kind: TicketKind
    id: str
    room: RoomId
    participant: ParticipantId
    launch: LaunchId
    role: Role
    cookie: str | None
    cookie_hash: str | None
    issued_at: float
    expires_at: float
    page: PageKind = PageKind.TAB

    @property
    def bound(self) -> bool:
        """Whether the ticket works in one browser only."""
        return self.cookie is not None


@dataclass(frozen=True)
class _Key:
    id: str
    secret: bytes


class Tickets:
    """Seals and opens tickets with a key that all web processes share."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._key: _Key | None = None

    def seal(self, ticket: Ticket) -> str:
        """Return the ticket as a signed text."""
        key = self._shared_key()
        return jwt.encode(
            claims_of(ticket), key.secret, "HS256", headers={"typ": _typ(ticket.kind), "kid": key.id}
        )

    def open(self, text: str, *, kind: TicketKind | None, cookies: Mapping[str, str]) -> Ticket:
        """Return what a ticket says, if it is ours, in time, of this browser and of this kind.

        `kind` None: any that leads into a room.

        Raises:
            TicketError: `ticket_invalid`; `ticket_expired` also when it was retired or its launch is over.
            StoreUnavailable: Redis did not answer.
        """
        ticket = self._verified(text)
        if ticket.kind not in (_INTO_ROOMS if kind is None else (kind,)):
            raise invalid()
        if ticket.cookie and not binding.matches(cookies, ticket.cookie, ticket.cookie_hash or ""):
            raise invalid()
        if self._clock.now() >= ticket.expires_at or self.is_over(ticket.id, ticket.launch):
            raise expired()
        return ticket

    def is_over(self, ticket_id: str, launch: LaunchId) -> bool:
        """Whether a ticket was retired, or its launch has ended ("Leave", or twelve hours have passed)."""
        retired, launched = self._redis.mget(_retired(ticket_id), f"launch:{launch}")
        return launched is None or (retired is not None and self._clock.now() >= float(retired))

    def retire(self, ticket_id: str) -> None:
        """Let a ticket die in 30 s. Asking again does not lengthen that."""
        dead_at = self._clock.now() + RETIRE_SECONDS
        self._redis.set(_retired(ticket_id), repr(dead_at), nx=True, ex=self._settings.launch_seconds)

    def _verified(self, text: str) -> Ticket:
        try:
            if len(text) > _LONGEST:
                raise invalid()
            header = jwt.get_unverified_header(text)
            key = self._shared_key()
            if header.get("kid") != key.id:
                key = self._shared_key(again=True)
            # Our own clock judges the times, so that one clock rules everywhere.
            claims = jwt.decode(
                text,
                key.secret,
                algorithms=["HS256"],
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "jti", "sub"]},
            )
            ticket = from_claims(claims)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise invalid() from None
        if header.get("typ") != _typ(ticket.kind):
            raise invalid()
        return ticket

    def _shared_key(self, *, again: bool = False) -> _Key:
        """Return the key, made by whoever needs it first; `again` rereads it (it may be a new one)."""
        if self._key is None or again:
            made = {"kid": secrets.token_hex(4), "key": base64.b64encode(secrets.token_bytes(32)).decode()}
            self._redis.set(_KEY, json.dumps(made), nx=True)
            stored: Any = json.loads(self._redis.get(_KEY) or b"{}")
            self._key = _Key(stored["kid"], base64.b64decode(stored["key"]))
        return self._key


def _typ(kind: TicketKind) -> str:
    return f"lti-room-{kind}+jwt"


def _retired(ticket_id: str) -> str:
    return f"retired:{ticket_id}"


def claims_of(ticket: Ticket) -> dict[str, object]:
    """Return what a ticket says as JSON values."""
    claims: dict[str, object] = {
        "kind": ticket.kind,
        "jti": ticket.id,
        "room": ticket.room,
        "sub": ticket.participant,
        "launch": ticket.launch,
        "role": ticket.role,
        "page": ticket.page,
        "iat": ticket.issued_at,
        "exp": ticket.expires_at,
    }
    if ticket.cookie:
        claims |= {"cookie": ticket.cookie, "cookie_hash": ticket.cookie_hash}
    return claims


def from_claims(claims: Mapping[str, Any]) -> Ticket:
    """Return the ticket of `claims_of`.

    Raises:
        KeyError, ValueError, TypeError: they are not such claims.
    """
    return Ticket(
        kind=TicketKind(claims["kind"]),
        id=claims["jti"],
        room=RoomId(claims["room"]),
        participant=ParticipantId(claims["sub"]),
        launch=LaunchId(claims["launch"]),
        role=Role(claims["role"]),
        cookie=claims.get("cookie"),
        cookie_hash=claims.get("cookie_hash"),
        issued_at=float(claims["iat"]),
        expires_at=float(claims["exp"]),
        page=PageKind(claims["page"]),
    )
