"""Who may show a room inside a page of theirs: hand-off rule 11 (`usecases/README.md`)."""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings

MOST: Final = 16

_LEARN: Final = """
for place = 2, #ARGV do
  if redis.call('SCARD', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SADD', KEYS[1], ARGV[place]) end
end
"""


class Frames:
    """The origins learned for each room, at verified launches only."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings

    def learn(self, room: RoomId, addresses: Iterable[str], to: Redis | None = None) -> None:
        """Remember the origins of these addresses; ones that may not frame anything are left out.

        `to`: a pipeline that takes the write along.
        """
        found = [origin_of(address, development=self._settings.development) for address in addresses]
        origins = [origin for origin in dict.fromkeys(found) if origin]
        if origins:
            redis = self._redis if to is None else to
            redis.eval(_LEARN, 1, f"room:{room}:frames", MOST, *origins)

    def of(self, room: RoomId) -> tuple[str, ...]:
        """Return the origins that may frame a room; none if it was never opened from an LMS."""
        return tuple(sorted(text(member) for member in self._redis.smembers(f"room:{room}:frames"))[:MOST])

    def outside(self, room: RoomId, ancestors: Iterable[str]) -> tuple[str, ...]:
        """Return the origins among these, of pages around a frame, that may not show the room."""
        allowed = {self._settings.public_url, *self.of(room)}
        return tuple(origin for origin in ancestors if origin not in allowed)


def origin_of(address: str, *, development: bool) -> str | None:
    """Return the origin of an address, or None if it may not frame a room.

    Only https (in development also http), no IP address, no user info, nothing that could end the header.
    """
    checked = checked_address(address, development=development)
    if checked is None:
        return None
    parts = urlsplit(checked)
    host = (parts.hostname or "").lower()
    if _is_ip_address(host) or not all(c.isascii() and (c.isalnum() or c in "-.") for c in host):
        return None
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def checked_address(address: str | None, *, development: bool) -> str | None:
    """Return an address we may link to, or None: https (in development also http), a host, no user info."""
    if not address or not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    allowed = {"https", "http"} if development else {"https"}
    ours = parts.scheme in allowed and parts.hostname and "@" not in parts.netloc and "\\" not in address
    return address if ours else None


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Browsers also read 2130706433 and 0x7f.1 as IPv4 addresses.
        return host.rpartition(".")[2][:1].isdigit()
    return True
