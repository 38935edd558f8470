"""Platforms' public keys, cached in Redis for all processes.

Security Framework 1.0 section 6.3. Fresh for as long as the platform says (5 min to 24 h); kept a day longer
for when it is down. A kid we do not know causes one new fetch per address and 30 s, whoever asks. Only usable
key sets are kept. One launch fetches; those that need the same keys wait for what it gets, nobody else waits.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis, text
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.http import Answer, FetchFailed, GuardedHttp
from lti_room.lti.registrations.registration import Registration

FETCH_SECONDS: Final = 5.0
COOLDOWN_SECONDS: Final = 30
MOST_KEYS: Final = 100
SMALLEST_KEY_BITS: Final = 2048
MOST_FAILURES: Final = 3
"""A platform whose keys nobody knows is asked so often in 30 s, in case it is well again, then left alone."""

_FRESH_SECONDS: Final = (300, 3600, 86_400)
"""Least, without a word from the platform, most."""
_STALE_SECONDS: Final = 86_400
_POLL_SECONDS: Final = 0.05
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})", re.IGNORECASE)
_JsonKey = dict[str, Any]


@dataclass(frozen=True)
class _KeySet:
    """A stored key set, read once for as long as the same text is stored."""

    stored: bytes | str
    keys: Mapping[str, _JsonKey]
    fresh_until: float
    public: dict[tuple[str, str], RSAPublicKey] = field(default_factory=dict)

    def public_key(self, kid: str, algorithm: str) -> RSAPublicKey:
        known = self.public.get((kid, algorithm))
        if known is None:
            known = self.public[kid, algorithm] = _public_key(self.keys[kid], algorithm)
        return known


class PlatformKeys:
    """Finds the key that signed a message."""

    def __init__(self, redis: Redis, clock: Clock, http: GuardedHttp) -> None:
        self._redis = redis
        self._clock = clock
        self._http = http
        self._read: dict[str, _KeySet] = {}
        self._lines: dict[str, threading.Lock] = {}

    def find(self, registration: Registration, kid: str, algorithm: str) -> RSAPublicKey:
        """Return the registration's key with this kid. Takes at most 5 s.

        Raises:
            LaunchError: `kid_unknown`, `key_not_allowed`, `jwks_unreachable`, `jwks_malformed`.
        """
        url = registration.jwks_url
        known = self._known(url)
        if known is None or kid not in known.keys:
            known = self._awaited(registration, known, kid)
        elif self._clock.now() >= known.fresh_until and self._may_refetch(url):
            known = self._renewed(registration, known)
        if kid not in known.keys:
            raise LaunchError(LaunchErrorCode.KID_UNKNOWN)
        return known.public_key(kid, algorithm)

    def _known(self, url: str) -> _KeySet | None:
        """Return what is stored. Redis decides, so that all processes drop a key at the same moment."""
        stored = self._redis.get(_name("jwks", url))
        if not stored:
            return None
        read = self._read.get(url)
        if read is None or read.stored != stored:
            entry = json.loads(stored)
            read = self._read[url] = _KeySet(stored, entry["keys"], entry["fresh_until"])
        return read

    def _may_refetch(self, url: str) -> bool:
        return bool(self._redis.set(_name("jwks-cooldown", url), b"1", nx=True, ex=COOLDOWN_SECONDS))

    def _renewed(self, registration: Registration, known: _KeySet) -> _KeySet:
        try:
            return self._fetch(registration, FETCH_SECONDS)
        except LaunchError:
            # The key is known, and a platform in trouble is no reason to doubt it.
            return known

    def _awaited(self, registration: Registration, known: _KeySet | None, kid: str) -> _KeySet:
        """Nobody knows this key: fetch, or wait for whoever does."""
        url = registration.jwks_url
        if known is not None and self._is_quiet(url):
            return known
        began = time.monotonic()
        deadline = began + FETCH_SECONDS
        failures = self._failures(url)
        with self._line(url, deadline):
            now_known = self._known(url)
            if now_known is not None and (kid in now_known.keys or not self._may_refetch(url)):
                return now_known
            if now_known is None:
                self._check_failures(url, failures)
            return self._fetch(registration, max(0.1, deadline - time.monotonic()))

    def _is_quiet(self, url: str) -> bool:
        """Whether the keys were fetched again a moment ago, and nobody is at it now."""
        recently, at_it = self._redis.mget(_name("jwks-cooldown", url), _name("jwks-line", url))
        return recently is not None and at_it is None

    @contextmanager
    def _line(self, url: str, deadline: float) -> Iterator[None]:
        """One at a time; within a process by a lock, so that of each process only one asks Redis."""
        lock = self._lines.setdefault(url, threading.Lock())
        if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise LaunchError(LaunchErrorCode.JWKS_UNREACHABLE)
        try:
            name = _name("jwks-line", url)
            while not self._redis.set(name, b"1", nx=True, px=int(FETCH_SECONDS * 1000)):
                if time.monotonic() >= deadline:
                    raise LaunchError(LaunchErrorCode.JWKS_UNREACHABLE)
                time.sleep(_POLL_SECONDS)
            try:
                yield
            finally:
                self._redis.delete(name)
        finally:
            lock.release()

    def _failures(self, url: str) -> list[str]:
        return [text(code) for code in self._redis.lrange(_name("jwks-failed", url), 0, -1)]

    def _check_failures(self, url: str, before: list[str]) -> None:
        """Let a failure hold for all who waited for it, and the third one for everybody for 30 s."""
        failures = self._failures(url)
        if len(failures) > len(before) or len(failures) >= MOST_FAILURES:
            raise LaunchError(LaunchErrorCode(failures[-1]))

    def _fetch(self, registration: Registration, seconds: float) -> _KeySet:
        url = registration.jwks_url
        try:
            keys, fresh = self._asked(registration, seconds)
        except LaunchError as error:
            name = _name("jwks-failed", url)
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.rpush(name, error.code)
                pipe.expire(name, COOLDOWN_SECONDS)
                pipe.execute()
            raise
        entry = json.dumps({"keys": keys, "fresh_until": self._clock.now() + fresh})
        self._redis.set(_name("jwks", url), entry, ex=fresh + _STALE_SECONDS)
        self._redis.delete(_name("jwks-failed", url))
        return _KeySet(entry, keys, self._clock.now() + fresh)

    def _asked(self, registration: Registration, seconds: float) -> tuple[dict[str, _JsonKey], int]:
        try:
            answer = self._http.get(
                registration.jwks_url, seconds=seconds, private=registration.private_network
            )
        except FetchFailed as failure:
            too_large = str(failure) == "too large"
            code = LaunchErrorCode.JWKS_MALFORMED if too_large else LaunchErrorCode.JWKS_UNREACHABLE
            raise LaunchError(code) from None
        return _parsed(answer), _fresh_seconds(answer.headers.get("cache-control", ""))


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
