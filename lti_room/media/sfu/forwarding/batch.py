"""Packets of one layer wait for each other a moment, so that they leave as one train (UDP GSO)."""

from collections.abc import Callable, Sequence
from typing import Final

from lti_room.media.sfu.forwarding.fanout import Outgoing, Rows
from lti_room.media.sfu.forwarding.keyframes import Later, Timer

HOLD_SECONDS: Final = 0.002
MOST_PACKETS: Final = 32
FEWEST_ROWS: Final = 4
"""For fewer subscribers what is saved is not worth the wait."""

_MARKER: Final = 0x80

Send = Callable[[Rows, Sequence[Outgoing]], None]


class Batch:
    """Holds the packets of a frame until its last one, at most `HOLD_SECONDS`.

    `send` is called with rows and packets that belong together, in the order in which they were added,
    and at once if there is nothing to be gained by waiting.
    """

    def __init__(self, send: Send, later: Later, *, trains: bool) -> None:
        self._send = send
        self._later = later
        self._fewest = FEWEST_ROWS if trains else None
        self._rows: Rows | None = None
        self._packets: list[Outgoing] = []
        self._timer: Timer | None = None

    def add(self, rows: Rows, packet: Outgoing) -> None:
        """Take a packet of a picture for `rows`. Packets for other rows that still wait leave first."""
        if self._packets and rows is not self._rows:
            self.flush()
        if self._fewest is None or len(rows) < self._fewest:
            self._send(rows, (packet,))
            return
        self._rows = rows
        self._packets.append(packet)
        if packet.second & _MARKER or len(self._packets) >= MOST_PACKETS:
            self.flush()
        elif self._timer is None:
            self._timer = self._later(HOLD_SECONDS, self.flush)

    def flush(self) -> None:
        """Send what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        packets, rows = self._packets, self._rows
        self._packets, self._rows = [], None
        if packets and rows is not None:
            self._send(rows, packets)
