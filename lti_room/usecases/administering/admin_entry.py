"""Who is signed in at `/admin`: a code that the command line makes, traded once for a sign-in.

Redis holds hashes only: neither the code nor the cookie's value can be read there.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.binding import digest

_WINDOW_SECONDS: Final = 60
_LONGEST_NAME: Final = 64


@dataclass(frozen=True)
class SignedIn:
    """An admin at work. `secret` is the cookie's value, `by` the name changes are written down under."""

    secret: str
    by: str

    def form_token(self, action: str) -> str:
        """Return what a form that posts to `action` must carry: nobody else's page can know it."""
        return hmac.new(self.secret.encode(), f"form {action}".encode(), hashlib.sha256).hexdigest()

    def is_own_form(self, action: str, token: str) -> bool:
        """Whether a form came from a page we made for this sign-in."""
        return hmac.compare_digest(self.form_token(action).encode(), token.encode())


class AdminEntry:
    """Codes and sign-ins. A sign-in ends when it was idle for too long, and in any case after some hours."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings, audit: Audit) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._audit = audit

    def make_code(self, by: str) -> str:
        """Return a code that signs somebody in once; `by` is who asked for it."""
        code, name = entropy.new_secret(), _clean(by)
        self._redis.set(f"admin:code:{digest(code)}", name, ex=self._settings.admin_link_seconds)
        self._audit.write(by=name, what="admin_link_made")
        return code

    def sign_in(self, code: str, address: str) -> SignedIn:
        """Trade a code for a sign-in.

        Raises:
            AppError: `admin_code` (unknown, used or too old), `admin_rate_limited` after many wrong ones.
        """
        self._check_rate(address)
        by = self._redis.getdel(f"admin:code:{digest(code)}")
        if by is None:
            self._count(address)
            raise AppError("admin_code", "This code was used or is too old; make a new one.")
        signed_in = SignedIn(entropy.new_secret(), text(by))
        record = {"by": signed_in.by, "since": self._clock.now(), "seen": self._clock.now()}
        self._redis.set(_key(signed_in.secret), json.dumps(record), ex=self._settings.admin_idle_seconds)
        self._audit.write(by=signed_in.by, what="admin_signed_in")
        return signed_in

    def find(self, secret: str) -> SignedIn | None:
        """Return the sign-in of a cookie and keep it awake; None if there is none or it is over."""
        stored = self._redis.get(_key(secret)) if secret else None
        if not stored:
            return None
        record, now = json.loads(stored), self._clock.now()
        idle = now - record["seen"] >= self._settings.admin_idle_seconds
        if idle or now - record["since"] >= self._settings.admin_stay_seconds:
            self._redis.delete(_key(secret))
            return None
        # Only if it is still there: signing out in another tab wins.
        entry: dict[str, Any] = record | {"seen": now}
        kept = self._redis.set(_key(secret), json.dumps(entry), xx=True, ex=self._settings.admin_idle_seconds)
        return SignedIn(secret, record["by"]) if kept else None

    def sign_out(self, signed_in: SignedIn) -> None:
        """End a sign-in at once."""
        self._redis.delete(_key(signed_in.secret))
        self._audit.write(by=signed_in.by, what="admin_signed_out")

    def _check_rate(self, address: str) -> None:
        if int(self._redis.get(self._tries(address)) or 0) >= self._settings.admin_tries_per_minute:
            raise AppError("admin_rate_limited", "Too many wrong codes; wait a minute.")

    def _count(self, address: str) -> None:
        key = self._tries(address)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, _WINDOW_SECONDS)
            pipe.execute()

    def _tries(self, address: str) -> str:
        return f"rate:admin:{digest(address)[:16]}:{int(self._clock.now()) // _WINDOW_SECONDS}"


def _key(secret: str) -> str:
    return f"admin:signed-in:{digest(secret)}"


def _clean(name: str) -> str:
    shown = "".join(c for c in name if c.isprintable()).strip()[:_LONGEST_NAME]
    return shown or "admin"
