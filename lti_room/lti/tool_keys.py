"""Our own key pair: one for all registrations, current and previous, made once in Redis.

Security Framework 1.0 section 6.3: kid is mandatory and never reused; the previous key stays published.
"""

import hashlib
import json
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_room.base.redis_client import Redis

_KEY: Final = "keys:tool"
_BITS: Final = 2048


class ToolKeys:
    """The key set platforms verify our messages with."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def jwks(self) -> dict[str, Any]:
        """Return the public key set: the current key first, then the previous one if there is one."""
        pair = self._pair()
        return {"keys": [_public_jwk(pem) for pem in (pair["current"], pair.get("previous")) if pem]}

    def _pair(self) -> dict[str, str]:
        stored = self._redis.get(_KEY)
        if not stored:
            # Two processes may come here at once: the first one's key stays.
            self._redis.set(_KEY, json.dumps({"current": _new_pem()}), nx=True)
            stored = self._redis.get(_KEY) or b"{}"
        pair: dict[str, str] = json.loads(stored)
        return pair


def _new_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_jwk(pem: str) -> dict[str, Any]:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"{_KEY} holds a key that is not RSA")
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
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
