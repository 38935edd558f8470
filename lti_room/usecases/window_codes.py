"""One-time codes of new windows: hand-off rule 13 (`usecases/README.md`)."""

import json
import re
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Final

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.launching.rate_limit import RateLimit, place_of
from lti_room.usecases import binding
from lti_room.usecases.ticket import Ticket, claims_of, expired, from_claims, invalid

GOOD_SECONDS: Final = 60
WAIT_SECONDS: Final = 3.0
MOST_WAITING: Final = 100
"""Requests of one process that may wait for an announcement at the same time."""

_POLL_SECONDS: Final = 0.1
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class WindowCodes:
    """Codes that are announced by one page and redeemed, once, by another.

    Redis key `window:{SHA-256 of the code}` holds the claims of the ticket of the page that announced it.
    """

    def __init__(
        self, redis: Redis, clock: Clock, settings: Settings, sleep: Callable[[float], None]
    ) -> None:
        self._redis = redis
        self._sleep = sleep
        self._limit = RateLimit(redis, clock, "window", settings.window_codes_per_minute)
        self._places = BoundedSemaphore(MOST_WAITING)

    def announce(self, ticket: Ticket, code_hash: str) -> None:
        """Let the code with this SHA-256 (hex) be good once, for 60 s.

        Raises:
            AppError: `bad_message`, not a hash.
        """
        if not _HASH.fullmatch(code_hash):
            raise AppError("bad_message", "This is not the hash of a code.")
        self._redis.set(f"window:{code_hash}", json.dumps(claims_of(ticket)), nx=True, ex=GOOD_SECONDS)

    def redeem(self, code: str, address: str) -> Ticket:
        """Return the ticket of the page that announced a code, waiting up to 3 s for the announcement.

        Only waiting is limited: a code that is known already never meets a limit.

        Raises:
            TicketError: no code, or unknown, used or old.
            LaunchError: `rate_limited`, this address brought too many codes nobody knows.
            AppError: `busy`, too many wait just now.
        """
        if not _CODE.fullmatch(code):
            raise invalid()
        key = f"window:{binding.digest(code)}"
        stored = self._redis.getdel(key) or self._awaited(key, place_of(address))
        return from_claims(json.loads(stored))

    def _awaited(self, key: str, place: str) -> bytes | str:
        self._limit.count(place)
        if not self._places.acquire(blocking=False):
            raise AppError("busy", "Too many windows are opening. Try again in a moment.")
        try:
            for _ in range(round(WAIT_SECONDS / _POLL_SECONDS)):
                self._sleep(_POLL_SECONDS)
                stored = self._redis.getdel(key)
                if stored is not None:
                    self._limit.forgive(place)
                    return stored
        finally:
            self._places.release()
        raise expired()
