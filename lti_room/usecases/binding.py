"""The binding cookie: a random value that ties a ticket to one browser. It never says who somebody is.

Hand-off rules 2 and 3 (`usecases/README.md`). The name is random too: a fixed one breaks two launches side
by side.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lti_room.base import entropy

PREFIX: Final = "__Host-lr-b-"
_NAME: Final = re.compile(re.escape(PREFIX) + r"[0-9a-f]{6}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class BindingCookie:
    """One cookie, as the browser has it or is told to keep it."""

    name: str
    value: str

    @property
    def hash(self) -> str:
        """SHA-256 of the value, hex: what a ticket carries."""
        return digest(self.value)


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret, hex: secrets are stored and compared only so."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_cookie() -> BindingCookie:
    """Return a cookie nobody has yet."""
    return BindingCookie(PREFIX + secrets.token_hex(3), entropy.new_secret())


def find(cookies: Mapping[str, str]) -> BindingCookie | None:
    """Return the binding cookie a browser sent, or None; of several, always the same one."""
    names = sorted(name for name in cookies if _NAME.fullmatch(name) and _VALUE.fullmatch(cookies[name]))
    return BindingCookie(names[0], cookies[names[0]]) if names else None


def matches(cookies: Mapping[str, str], name: str, expected_hash: str) -> bool:
    """Whether the browser sent the cookie `name` with the value of that hash."""
    return hmac.compare_digest(digest(cookies.get(name, "")), expected_hash)
