"""Strict reading of an id_token: shape, header, signature, times.

Security Framework 1.0 section 5.1.3, RFC 7515, RFC 8725. No claim is trusted here: the caller compares them.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from lti_room.lti.errors import LaunchError, LaunchErrorCode

MOST_CHARACTERS: Final = 64 * 1024
LEEWAY_SECONDS: Final = 60
MOST_AGE_SECONDS: Final = 600
MOST_LIFE_SECONDS: Final = 24 * 3600

_SHAPE: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
_REFUSED_HEADERS: Final = ("crit", "b64", "zip")
_HASHES: Final[Mapping[str, HashAlgorithm]] = {"RS256": SHA256(), "RS384": SHA384(), "RS512": SHA512()}
"""RFC 7518 section 3.3."""


@dataclass(frozen=True)
class IdToken:
    """A parsed id_token whose signature is still unchecked."""

    text: str
    algorithm: str
    kid: str
    body: Mapping[str, Any]


def parse(text: str, algorithms: tuple[str, ...]) -> IdToken:
    """Parse a compact JWT.

    Raises:
        LaunchError: too large, malformed, an algorithm or a header that is not allowed, no kid.
    """
    if len(text) > MOST_CHARACTERS:
        raise LaunchError(LaunchErrorCode.ID_TOKEN_TOO_LARGE)
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        raise LaunchError(LaunchErrorCode.JWT_MALFORMED)
    header, body = _object(parts[1]), _object(parts[2])
    _decoded(parts[3])
    if header.get("alg") not in algorithms:
        raise LaunchError(LaunchErrorCode.ALG_NOT_ALLOWED)
    if any(name in header for name in _REFUSED_HEADERS):
        raise LaunchError(LaunchErrorCode.HEADER_NOT_ALLOWED)
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise LaunchError(LaunchErrorCode.KID_MISSING)
    return IdToken(text, header["alg"], kid, body)


def verify(token: IdToken, key: RSAPublicKey, now: float) -> None:
    """Check the signature, then the times.

    Raises:
        LaunchError: `token_invalid`, `token_expired`, `token_too_old`.
    """
    signed, _, signature = token.text.rpartition(".")
    try:
        key.verify(_decoded(signature), signed.encode("ascii"), PKCS1v15(), _HASHES[token.algorithm])
    except InvalidSignature:
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID) from None
    expires, issued = _time(token.body, "exp"), _time(token.body, "iat")
    if now >= expires + LEEWAY_SECONDS:
        raise LaunchError(LaunchErrorCode.TOKEN_EXPIRED)
    if issued > now + LEEWAY_SECONDS:
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID)
    if now - issued > MOST_AGE_SECONDS + LEEWAY_SECONDS:
        raise LaunchError(LaunchErrorCode.TOKEN_TOO_OLD)
    if not 0 < expires - issued <= MOST_LIFE_SECONDS:
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID)
    if "nbf" in token.body and _time(token.body, "nbf") > now + LEEWAY_SECONDS:
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID)


def _time(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID)
    return value


def _decoded(part: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise LaunchError(LaunchErrorCode.JWT_MALFORMED) from None
    # Two texts for one value would be two tokens for one signature.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise LaunchError(LaunchErrorCode.JWT_MALFORMED)
    return raw


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded(part), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise LaunchError(LaunchErrorCode.JWT_MALFORMED) from None
    if not isinstance(value, dict):
        raise LaunchError(LaunchErrorCode.JWT_MALFORMED)
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
