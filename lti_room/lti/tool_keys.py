"""Our own keys: one at a time for all registrations, kept in Redis, made once.

Security Framework 1.0 section 6.3: kid is mandatory and never reused; a key is published before it is used
and stays published until what was signed with it is dead.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from redis.client import Pipeline

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings

CACHE_SECONDS: Final = 3600
"""How long platforms may keep our key set (`Cache-Control: max-age`): a new key signs nothing before."""

_KEYS: Final = "keys:tool"
_BITS: Final = 2048
_DAY: Final = 86_400


@dataclass(frozen=True)
class _Key:
    """A key pair as PEM, and from when on it signs."""

    pem: str
    signs: float


@dataclass(frozen=True)
class PublishedKey:
    """A key of our set: since when it signs, seconds since the epoch, and whether it is the current one."""

    kid: str
    since: float
    is_current: bool


class ToolKeys:
    """The keys platforms verify our messages with."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._keep_seconds = settings.tool_key_days * _DAY

    def jwks(self) -> dict[str, Any]:
        """Return the public key set (RFC 7517), first the key that signs, then the newest of the others."""
        keys = self._keys()
        current = self._signing(keys)
        others = [key for key in self._needed(keys) if key != current]
        return {"keys": [_public_jwk(key.pem) for key in (current, *reversed(others))]}

    def published(self) -> list[PublishedKey]:
        """Return what `jwks` publishes, the key that signs first, for people to look at."""
        keys = self._keys()
        current = self._signing(keys)
        others = [key for key in self._needed(keys) if key != current]
        ordered = (current, *reversed(others))
        return [PublishedKey(_public_jwk(key.pem)["kid"], key.signs, key == current) for key in ordered]

    def sign(self, claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
        """Return a signed JWT of these claims: RS256, with our kid."""
        pem = self._signing(self._keys()).pem
        header = {"kid": _public_jwk(pem)["kid"], "typ": typ}
        return jwt.encode(dict(claims), _private_key(pem), algorithm="RS256", headers=header)

    def rotate(self) -> str:
        """Make a new key and return its kid.

        It is published at once and signs as soon as no platform can hold an older key set. Until the setting
        `tool_key_days` has passed after that, the key it replaces stays published.
        """
        self._keys()
        new = _Key(_new_pem(), self._clock.now() + CACHE_SECONDS)

        def step(pipe: "Pipeline") -> None:
            keys = _stored(pipe.get(_KEYS))
            pipe.multi()
            pipe.set(_KEYS, _text([*self._needed(keys), new]))

        self._redis.transaction(step, _KEYS)
        kid: str = _public_jwk(new.pem)["kid"]
        return kid

    def _keys(self) -> list[_Key]:
        stored = self._redis.get(_KEYS)
        if not stored:
            # Two processes may come here at once: the first one's key stays.
            self._redis.set(_KEYS, _text([_Key(_new_pem(), self._clock.now())]), nx=True)
            stored = self._redis.get(_KEYS)
        return _stored(stored)

    def _signing(self, keys: list[_Key]) -> _Key:
        """The newest key that every platform has had time to see; the very first need not wait."""
        ready = [key for key in keys if key.signs <= self._clock.now()]
        return (ready or keys[:1])[-1]

    def _needed(self, keys: list[_Key]) -> list[_Key]:
        """Those whose successor has not signed for long enough yet."""
        followed = zip(keys, [*keys[1:], None], strict=True)
        horizon = self._clock.now() - self._keep_seconds
        return [key for key, successor in followed if successor is None or successor.signs > horizon]


def _stored(value: Any) -> list[_Key]:
    entries = json.loads(value or b"[]")
    if isinstance(entries, dict):
        # Version 0.1 kept one pair, without times.
        return [_Key(entries[name], 0.0) for name in ("previous", "current") if entries.get(name)]
    return [_Key(**entry) for entry in entries]


def _text(keys: list[_Key]) -> str:
    return json.dumps([asdict(key) for key in keys])


def _new_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@functools.lru_cache(maxsize=8)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    # Reading a key checks it, which takes longer than signing with it.
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"{_KEYS} holds a key that is not RSA")
    return private


def _public_jwk(pem: str) -> dict[str, Any]:
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(_private_key(pem).public_key(), as_dict=True)
    return {
        **{name: jwk[name] for name in ("kty", "n", "e")},
        "kid": _thumbprint(jwk),
        "alg": "RS256",
        "use": "sig",
    }


def _thumbprint(jwk: dict[str, Any]) -> str:
    """RFC 7638, hex, shortened to 32 characters."""
    members = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    return hashlib.sha256(members.encode()).hexdigest()[:32]
