"""The last packets of one layer: what can be sent again, and the guard against sending anything twice."""

from typing import Final

from lti_room.media.sfu.forwarding.fanout import Outgoing

PICTURE_PACKETS: Final = 600
"""Four seconds of the highest layer; browsers ask for what is missing for about one."""

SOUND_PACKETS: Final = 64
"""Sound is not sent again, only never twice."""


class History:
    """A ring of packets by their unwrapped sequence number."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ring: list[Outgoing | None] = [None] * size
        self._highest = -1

    def keep(self, packet: Outgoing) -> bool:
        """Keep a packet. False: its number was kept before, or is too old to know; it must not go on."""
        sequence = packet.sequence
        if sequence > self._highest:
            self._highest = sequence
        elif sequence <= self._highest - self._size:
            return False
        at = sequence % self._size
        held = self._ring[at]
        if held is not None and held.sequence >= sequence:
            return False
        self._ring[at] = packet
        return True

    def get(self, sequence: int) -> Outgoing | None:
        """Return the packet with this number, or None when it is not here (any more)."""
        held = self._ring[sequence % self._size]
        return held if held is not None and held.sequence == sequence else None
