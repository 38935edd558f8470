"""A track on its way to one subscriber: which of its layers is wanted, and which can be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lti_room.media.sfu.formats import rtcp
from lti_room.media.sfu.forwarding.downtrack import DownTrack
from lti_room.media.sfu.forwarding.layer import Layer
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.transport.allowance import KEYFRAMES_AT_ONCE, KEYFRAMES_PER_SECOND, Bucket

STALLED_SECONDS: Final = 0.7
"""A layer that falls so far behind the others of its track has stopped. Alone it may be as slow as it likes:
a still screen sends one picture a second."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """What one subscriber gets of a track: the rank that is sent, and the one that is wanted (None: none)."""

    track: Track
    rank: int | None
    wanted: int | None


class Flow:
    """A track and its down-track. `agreed` once an answer accepted it; `wanted` is a rank or None."""

    def __init__(self, track: Track, down: DownTrack, clock: rtcp.SenderClock) -> None:
        self.track = track
        self.down = down
        self.clock = clock
        self.agreed = False
        self.wanted: int | None = 0
        self.keyframes = Bucket(KEYFRAMES_PER_SECOND, 0.0, KEYFRAMES_AT_ONCE)

    @property
    def layer(self) -> Layer | None:
        """The layer that is sent."""
        return next((layer for layer in self.track.layers if layer is self.down.layer), None)

    @property
    def state(self) -> StreamState:
        """What is sent and what is wanted."""
        layer = self.layer
        return StreamState(self.track, layer.rank if layer is not None else None, self.wanted)

    def steer(self) -> None:
        """Go over to the best layer there is for what is wanted, once connected."""
        if not self.agreed or self.down.peer.cipher is None:
            return
        if self.wanted is None:
            self.down.follow(None)
        elif self.track.layers:
            self._go_to(
                nearest(flowing(self.track.layers), self.wanted), nearest(self.track.layers, self.wanted)
            )

    def _go_to(self, best: Layer, ideal: Layer) -> None:
        """Send the best layer that flows, and the ideal one as soon as it does."""
        if best is not ideal and best is self.down.layer:
            self.down.follow_when_back(ideal)
        else:
            self.down.follow(best)

    def report(self, wall: float) -> bytes:
        """Return a sender report, or nothing while there is nothing to say; `wall` in Unix seconds."""
        layer = self.layer
        packets, octets = self.down.counted
        if layer is None or not packets:
            return b""
        info = layer.clock.sender_info(self.clock, layer.rate, wall, packets, octets, self.down.time_offset)
        return rtcp.sender_report(self.down.ssrc, self.track.participant, info) if info is not None else b""


def flowing(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers that come whole, and have not stopped while others went on, lowest first."""
    whole = [layer for layer in layers if not layer.torn] or layers
    newest = max((layer.last_at for layer in whole), default=0.0)
    found = [layer for layer in whole if layer.last_at >= newest - STALLED_SECONDS]
    return sorted(found, key=lambda layer: layer.rank)


def nearest(layers: Sequence[Layer], rank: int) -> Layer:
    """Return the highest layer up to `rank`, or the lowest above it. `layers` is sorted and not empty."""
    return next((layer for layer in reversed(layers) if layer.rank <= rank), layers[0])
