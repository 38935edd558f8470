"""The one STUN exchange of an ICE-lite server: a signed binding request, and its success response.

Written for floods: what is no request to us costs its header, one for a name nobody has its USERNAME, and
nothing is decoded that is not needed. RFC 8489 sections 5, 9 and 14; RFC 8445 section 7.
"""

import hmac
import socket
from binascii import crc32
from dataclasses import dataclass
from struct import Struct
from typing import Final

LARGEST_REQUEST: Final = 548
"""The largest request that is looked at; browsers send about 100 bytes."""
MOST_ATTRIBUTES: Final = 32
"""Attributes that are looked at before the signature; browsers send seven or eight."""

_BINDING_REQUEST: Final = 0x0001
_BINDING_SUCCESS: Final = 0x0101
_COOKIE: Final = 0x2112A442
_USERNAME: Final = 0x0006
_INTEGRITY: Final = 0x0008
_MAPPED_ADDRESS: Final = 0x0020
_USE_CANDIDATE: Final = 0x0025
_FINGERPRINT: Final = 0x8028
_FINGERPRINT_XOR: Final = 0x5354554E
_HEADER: Final = Struct("!HHI12s")
_ATTRIBUTE: Final = Struct("!HH")
_U16: Final = Struct("!H")
_U32: Final = Struct("!I")
_HEADER_LENGTH: Final = 20
_INTEGRITY_LENGTH: Final = 20


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A binding request that names a user and is signed; whether rightly so, `is_signed` tells.

    `username` is our part of USERNAME, `nominates` whether it carries USE-CANDIDATE, `signed_at` and
    `fingerprint_at` are where MESSAGE-INTEGRITY and FINGERPRINT begin in `data` (0: no fingerprint).
    """

    data: bytes
    transaction: bytes
    username: str
    nominates: bool
    signed_at: int
    fingerprint_at: int

    def is_signed(self, password: bytes) -> bool:
        """Tell whether whoever sent it knows the password, and nothing was changed on the way."""
        at = self.signed_at
        said = self.data[at + 4 : at + 4 + _INTEGRITY_LENGTH]
        if not hmac.compare_digest(said, _sign(self.data[:at], password)):
            return False
        at = self.fingerprint_at
        return not at or _U32.unpack_from(self.data, at + 4)[0] == _fingerprint(self.data[:at])


def read_request(data: bytes) -> BindingRequest | None:
    """Return a binding request that names a user and is signed, or None for anything else."""
    if not _HEADER_LENGTH < len(data) <= LARGEST_REQUEST or len(data) & 3:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or cookie != _COOKIE or length != len(data) - _HEADER_LENGTH:
        return None
    username = b""
    nominates = False
    at, end = _HEADER_LENGTH, len(data)
    for _ in range(MOST_ATTRIBUTES):
        if at >= end:
            break
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        begin, at = at, at + 4 + (length + 3 & ~3)
        if at > end:
            break
        if kind == _INTEGRITY:
            if length != _INTEGRITY_LENGTH or not username:
                break
            name = username.decode("ascii", "replace")
            return BindingRequest(data, transaction, name, nominates, begin, _fingerprint_at(data, at))
        if kind == _USERNAME and not username:
            username = data[begin + 4 : begin + 4 + length].partition(b":")[0]
        elif kind == _USE_CANDIDATE:
            nominates = True
    return None


def _fingerprint_at(data: bytes, signed_end: int) -> int:
    """Return where a FINGERPRINT begins, or 0. All else behind the signature counts for nothing."""
    at = len(data) - 8
    return at if at >= signed_end and _ATTRIBUTE.unpack_from(data, at) == (_FINGERPRINT, 4) else 0


def success(request: BindingRequest, address: tuple[str, int], password: bytes) -> bytes:
    """Return the response that tells a client from which address its request came."""
    family, known = (2, socket.AF_INET6) if ":" in address[0] else (1, socket.AF_INET)
    packed = socket.inet_pton(known, address[0])
    pad = (_U32.pack(_COOKIE) + request.transaction)[: len(packed)]
    mapped = (int.from_bytes(packed) ^ int.from_bytes(pad)).to_bytes(len(packed))
    value = b"\0" + bytes((family,)) + _U16.pack(address[1] ^ _COOKIE >> 16) + mapped
    body = _ATTRIBUTE.pack(_MAPPED_ADDRESS, len(value)) + value
    message = _HEADER.pack(_BINDING_SUCCESS, len(body), _COOKIE, request.transaction) + body
    message += _ATTRIBUTE.pack(_INTEGRITY, _INTEGRITY_LENGTH) + _sign(message, password)
    fingerprint = _ATTRIBUTE.pack(_FINGERPRINT, 4) + _U32.pack(_fingerprint(message))
    return _with_length(message, 8) + fingerprint


def _sign(message: bytes, password: bytes) -> bytes:
    """Return the MESSAGE-INTEGRITY of all that stands before it."""
    return hmac.digest(password, _with_length(message, 4 + _INTEGRITY_LENGTH), "sha1")


def _fingerprint(message: bytes) -> int:
    """Return the FINGERPRINT of all that stands before it."""
    return crc32(_with_length(message, 8)) ^ _FINGERPRINT_XOR


def _with_length(message: bytes, more: int) -> bytes:
    """Return a message whose header counts `more` bytes beyond its end."""
    return message[:2] + _U16.pack(len(message) - _HEADER_LENGTH + more) + message[4:]
