"""One record per started login, under its state: what the launch that answers it must match.

Redis key `login:{state}`, living `login_seconds`. A record is taken out exactly once, by whoever proved the
signature first; everything before that only reads it, so that a stranger's attempt leaves the true launch
possible.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings

_COOKIE_PREFIX: Final = "__Host-lr-l-"


@dataclass(frozen=True, kw_only=True)
class StartedLogin:
    """What is known about a login. Of secrets only SHA-256, hex.

    `storage_target` is the frame that keeps values for us, None where nothing was put there. `again` are the
    login's own parameters, for starting it anew in a window.
    """

    nonce: str
    registration: str
    target_link_uri: str
    deployment: str | None
    cookie_hash: str
    storage_target: str | None
    storage_hash: str | None
    again: Mapping[str, str]


class LoginStore:
    """Started logins in Redis."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._seconds = settings.login_seconds

    def save(self, state: str, login: StartedLogin) -> None:
        """Remember a login for as long as it may take."""
        self._redis.set(_key(state), json.dumps(asdict(login)), ex=self._seconds)

    def read(self, state: str) -> StartedLogin | None:
        """Return a login without using it up."""
        stored = self._redis.get(_key(state))
        return StartedLogin(**json.loads(stored)) if stored else None

    def consume(self, state: str) -> bool:
        """Use a login up; of any number of callers exactly one is told True."""
        return bool(self._redis.delete(_key(state)))


def cookie_name(state: str) -> str:
    """Return the name of the cookie that proves a login's browser: one per state, for frames side by side."""
    return _COOKIE_PREFIX + digest(state)[:12]


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, expected: str) -> bool:
    """Whether a secret has this SHA-256, compared in constant time."""
    return hmac.compare_digest(digest(secret), expected)


def _key(state: str) -> str:
    return f"login:{state}"
