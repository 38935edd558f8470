"""Platforms' public keys, cached in Redis for all processes.

Security Framework 1.0 section 6.3. Fresh for as long as the platform says (5 min to 24 h); kept a day longer
for when it is down. A kid we do not know causes one new fetch per address and 30 s, whoever asks. Only usable
key sets are kept.
"""

import hashlib
import json
import re
import time
from collections.abc import Collection
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.http import Answer, FetchFailed, GuardedHttp
from lti_room.lti.registration import Registration

FETCH_SECONDS: Final = 5.0
COOLDOWN_SECONDS: Final = 30
MOST_KEYS: Final = 100
SMALLEST_KEY_BITS: Final = 2048
_FRESH_SECONDS: Final = (300, 3600, 86_400)
"""Least, without a word from the platform, most."""
_STALE_SECONDS: Final = 86_400
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})", re.IGNORECASE)
_JsonKey = dict[str, Any]


class PlatformKeys:
    """Finds the key that signed a message."""

    def __init__(self, redis: Redis, clock: Clock, http: GuardedHttp) -> None:
        self._redis = redis
        self._clock = clock
        self._http = http

    def find(self, registration: Registration, kid: str, algorithm: str) -> RSAPublicKey:
        """Return the registration's key with this kid. Takes at most 5 s.

        Raises:
            LaunchError: `kid_unknown`, `key_not_allowed`, `jwks_unreachable`, `jwks_malformed`.
        """
        url = registration.jwks_url
        keys, fresh = self._cached(url)
        if keys is None:
            keys = self._first(registration)
        elif (kid not in keys or not fresh) and self._may_refetch(url):
            keys = self._again(registration, keys, kid)
        if kid not in keys:
            raise LaunchError(LaunchErrorCode.KID_UNKNOWN)
        return _public_key(keys[kid], algorithm)

    def _cached(self, url: str) -> tuple[dict[str, _JsonKey] | None, bool]:
        stored = self._redis.get(_name("jwks", url))
        if not stored:
            return None, False
        entry = json.loads(stored)
        return entry["keys"], self._clock.now() < entry["fresh_until"]

    def _may_refetch(self, url: str) -> bool:
        return bool(self._redis.set(_name("jwks-cooldown", url), b"1", nx=True, ex=COOLDOWN_SECONDS))

    def _first(self, registration: Registration) -> dict[str, _JsonKey]:
        """Nobody knows the keys: one of all waiting launches fetches them, the others wait for it."""
        deadline = time.monotonic() + FETCH_SECONDS
        lock = _name("jwks-first", registration.jwks_url)
        while not self._redis.set(lock, b"1", nx=True, px=int(FETCH_SECONDS * 1000)):
            if time.monotonic() >= deadline:
                raise LaunchError(LaunchErrorCode.JWKS_UNREACHABLE)
            time.sleep(0.02)
        try:
            # Whoever held the lock before us has them by now.
            keys, _ = self._cached(registration.jwks_url)
            return keys or self._fetch(registration, max(0.1, deadline - time.monotonic()))
        finally:
            self._redis.delete(lock)

    def _again(self, registration: Registration, known: dict[str, _JsonKey], kid: str) -> dict[str, _JsonKey]:
        try:
            return self._fetch(registration, FETCH_SECONDS)
        except LaunchError:
            if kid not in known:
                raise
            return known

    def _fetch(self, registration: Registration, seconds: float) -> dict[str, _JsonKey]:
        url = registration.jwks_url
        try:
            answer = self._http.get(url, seconds=seconds, private=registration.private_network)
        except FetchFailed as failure:
            too_large = str(failure) == "too large"
            code = LaunchErrorCode.JWKS_MALFORMED if too_large else LaunchErrorCode.JWKS_UNREACHABLE
            raise LaunchError(code) from None
        keys = _parsed(answer)
        fresh = _fresh_seconds(answer.headers.get("cache-control", ""))
        entry = {"keys": keys, "fresh_until": self._clock.now() + fresh}
        self._redis.set(_name("jwks", url), json.dumps(entry), ex=fresh + _STALE_SECONDS)
        return keys


def _name(kind: str, url: str) -> str:
    return f"{kind}:{hashlib.sha256(url.encode()).hexdigest()[:32]}"


def _fresh_seconds(cache_control: str) -> int:
    least, usual, most = _FRESH_SECONDS
    said = _MAX_AGE.search(cache_control)
    return min(max(int(said[1]), least), most) if said else usual


def usable_kids(answer: Answer, algorithms: Collection[str]) -> tuple[str, ...]:
    """Return the kids of the keys in a fetched key set that may sign a message with one of these algorithms.

    Raises:
        LaunchError: `jwks_malformed`.
    """
    return tuple(kid for kid, entry in _parsed(answer).items() if _is_usable(entry, algorithms))


def _is_usable(entry: _JsonKey, algorithms: Collection[str]) -> bool:
    for algorithm in algorithms:
        try:
            _public_key(entry, algorithm)
        except LaunchError:
            continue
        return True
    return False


def _parsed(answer: Answer) -> dict[str, _JsonKey]:
    """Return the keys of a key set by kid; what has no kid, or a kid twice, is left out."""
    try:
        document = json.loads(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        document = None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise LaunchError(LaunchErrorCode.JWKS_MALFORMED)
    named = [key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str) and key["kid"]]
    kids = [key["kid"] for key in named]
    found = {key["kid"]: key for key in named if kids.count(key["kid"]) == 1}
    if not found:
        raise LaunchError(LaunchErrorCode.JWKS_MALFORMED)
    return found


def _public_key(entry: _JsonKey, algorithm: str) -> RSAPublicKey:
    """Return an RSA key for signatures with this algorithm, of at least 2048 bits."""
    suits = entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig"
    if not suits or entry.get("alg", algorithm) != algorithm:
        raise LaunchError(LaunchErrorCode.KEY_NOT_ALLOWED)
    try:
        key = RSAAlgorithm.from_jwk(entry)
    except (InvalidKeyError, ValueError, TypeError, KeyError):
        raise LaunchError(LaunchErrorCode.KEY_NOT_ALLOWED) from None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        raise LaunchError(LaunchErrorCode.KEY_NOT_ALLOWED)
    return key
