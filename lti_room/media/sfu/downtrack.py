"""One stream to one subscriber: its own SSRC, and the offsets that carry it over pauses."""

from lti_room.base.entropy import random_bits
from lti_room.media.sfu.fanout import Row
from lti_room.media.sfu.peer import Peer


class DownTrack:
    """A down-track. It sends nothing until a layer begins it, and nothing while it is paused.

    Sequence numbers of one SSRC are never used twice, for that would repeat a GCM nonce: after a pause the
    stream goes on where it stopped, and packets from before `floor` are not for this down-track.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.ssrc = random_bits(32) or 1
        self.floor = 0
        self._offset = 0
        self._last_out: int | None = None
        self.packets = 0
        self.octets = 0
        self.time_offset = 0

    @property
    def ready(self) -> bool:
        """Whether the subscriber can be sent anything."""
        return self._peer.cipher is not None and self._peer.route is not None

    def begin(self, sequence: int) -> None:
        """Start, or go on after a pause, with the layer's packet `sequence` (unwrapped)."""
        first = random_bits(15) if self._last_out is None else self._last_out + 1
        self._offset = first - sequence
        self.floor = sequence

    def pause(self, newest: int) -> None:
        """Stop after the layer's packet `newest`."""
        self._last_out = newest + self._offset

    def row(self) -> Row | None:
        """Return what the fan-out needs, or None while the subscriber cannot be reached."""
        cipher, route = self._peer.cipher, self._peer.route
        if cipher is None or route is None:
            return None
        return Row(self.ssrc, self._offset, self.time_offset, 0, 0, cipher, route, self._peer.transport)
