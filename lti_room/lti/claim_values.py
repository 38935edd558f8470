"""Reading single values of a verified message: types, limits, nothing that was not asked for."""

import ipaddress
import unicodedata
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.lti import claims
from lti_room.lti.registrations.registration import is_local

_LONGEST_TEXT: Final = 255
_LONGEST_ADDRESS: Final = 2048


def is_id(value: object) -> bool:
    """Whether a value is an id as core 5.3.3 has them: 1 to 255 printable ASCII characters."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= claims.LONGEST_ID
        and value.isascii()
        and value.isprintable()
    )


def text_of(values: Mapping[str, Any], name: str) -> str | None:
    """Return a text for people: one line, without control or direction characters, at most 255 characters."""
    value = values.get(name)
    if not isinstance(value, str):
        return None
    shown = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in value[:4096])
    shown = "".join(c for c in shown if unicodedata.category(c) not in {"Cf", "Cs"} or c == "\u200d")
    return unicodedata.normalize("NFC", " ".join(shown.split()))[:_LONGEST_TEXT] or None


def web_address(value: object, *, development: bool) -> str | None:
    """Return an https address to lead people to, else None; in development http to this machine too."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ADDRESS:
        return None
    if not value.isascii() or not value.isprintable() or any(mark in value for mark in " \\\"'<>"):
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    local = development and parts.scheme == "http" and is_local(parts.hostname)
    return value if parts.scheme == "https" or local else None


def origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a web address, for comparing."""
    parts = urlsplit(address)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def policy_source(address: str) -> str:
    """Return the origin of a checked address as a Content-Security-Policy names it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def frame_origin(address: str) -> str | None:
    """Return the origin of an address as a policy names it, None for an IP address."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return None
