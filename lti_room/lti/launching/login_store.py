"""One record per started login, under its state: what the launch that answers it must match.

Redis key `login:{state}`, living `login_seconds`. A record is taken out exactly once, by whoever proved the
signature first; everything before that only reads it, so that a stranger's attempt leaves the true launch
possible.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.errors import LaunchError
from lti_room.lti.launching.rate_limit import RateLimit

_COOKIE_PREFIX: Final = "__Host-lr-l-"


@dataclass(frozen=True, kw_only=True)
class StartedLogin:
    """What is known about a login. Of secrets only SHA-256, hex.

    `storage_target` is the frame that keeps values for us, None outside frames. `again` starts the login anew
    in a window; None in that window itself. `ancestors` are the origins of the pages around the frame, as its
    browser says, where one of them is not known to be allowed.
    """

    nonce: str
    registration: str
    target_link_uri: str
    deployment: str | None
    cookie_hash: str
    storage_target: str | None
    storage_hash: str | None
    again: Mapping[str, str] | None
    ancestors: tuple[str, ...] = ()


class LoginStore:
    """Started logins in Redis."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._seconds = settings.login_seconds

    def save(self, state: str, login: StartedLogin, limit: RateLimit, *who: str) -> None:
        """Remember a login for as long as it may take, and count it.

        Raises:
            LaunchError: `rate_limited`; nothing is kept.
        """
        with self._redis.pipeline(transaction=False) as pipe:
            limit.queue(pipe, *who)
            pipe.set(_key(state), json.dumps(vars(login)), ex=self._seconds)
            counted = pipe.execute()[0]
        try:
            limit.judge(counted)
        except LaunchError:
            self.consume(state)
            raise

    def read(self, state: str) -> StartedLogin | None:
        """Return a login without using it up."""
        stored, around = self._redis.mget(_key(state), _ancestors_key(state))
        if not stored:
            return None
        login = StartedLogin(**json.loads(stored))
        return replace(login, ancestors=tuple(json.loads(around or "[]")))

    def note_ancestors(self, state: str, origins: Sequence[str]) -> None:
        """Remember what is around the frame of a login; the first word counts, and only while it is open."""
        left = self._redis.pttl(_key(state))
        if left > 0:
            self._redis.set(_ancestors_key(state), json.dumps(list(origins)), nx=True, px=left)

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


def _ancestors_key(state: str) -> str:
    return f"login:{state}:ancestors"
