"""One published SSRC on its way to its layer: counted, each number once, what was lost put in its place.

Retransmissions come on an SSRC of their own (RFC 4588) and leave here as the packets they repeat.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.forwarding.layer import Layer
from lti_room.media.sfu.publishing.missing import Missing
from lti_room.media.sfu.publishing.reception import Reception

_ORIGINAL: Final = Struct("!H")


class Incoming:
    """The packets of one layer.

    `ask` is called when more are missing, and when none are any more; None if they cannot be asked for.
    """

    def __init__(
        self, layer: Layer, payload_type: int, *, video: bool, ask: Callable[[], None] | None
    ) -> None:
        self.layer = layer
        self.payload_type = payload_type
        self.ask = ask
        self.reception = Reception(layer.rate)
        self.missing = Missing()
        self._video = video

    def receive(self, packet: rtp.Packet, now: float, level: int | None) -> bool:
        """Take a packet under its own SSRC.

        Without an SSRC for retransmissions it may be one: then it does not count as received, for the loss
        that is reported decides how much redundancy the publisher adds, and its delay is no jitter.
        """
        if not self.missing.asked_for(packet.sequence):
            self.reception.add(packet.sequence, packet.timestamp, now)
        self.missing.original(packet.sequence, now)
        return self._hand_on(packet, now, level)

    def repair(self, packet: rtp.Packet, now: float) -> bool:
        """Take a packet that a retransmission repeats; one from before the stream began is of no use."""
        return self.missing.began and self._hand_on(packet, now, None)

    def want_keyframe(self) -> None:
        """Ask for a keyframe where one helps: something was lost for good that somebody is sent."""
        if self._video and self.layer.open and self.layer.watched and not self.layer.torn:
            self.layer.keyframes.request()

    def set_torn(self, torn: bool) -> None:
        """The line collapsed: an upper layer of a picture is given up; or it is whole again.

        Repairs would keep the lowest layer and sound from coming through, so would a keyframe.
        """
        if not self._video or self.layer.rank == 0:
            return
        self.layer.torn = torn
        if torn:
            self.missing.abandon()
        else:
            self.want_keyframe()

    def _hand_on(self, packet: rtp.Packet, now: float, level: int | None) -> bool:
        awaited, idle = len(self.missing), self.missing.idle
        if not self.missing.accept(packet.sequence, now, more=self._has_more(packet)):
            return False
        if self.missing and self._video and _is_keyframe(packet):
            self.missing.forget_before(packet.sequence)
        self.layer.receive(packet, now, level)
        if self.missing and self.layer.torn:
            self.missing.abandon()
        elif self.ask is not None and (len(self.missing) > awaited or idle != self.missing.idle):
            self.ask()
        return True

    def _has_more(self, packet: rtp.Packet) -> bool:
        """Whether the next packet belongs to the same picture, and somebody waits for it."""
        return self._video and not packet.marker and self.layer.watched and not self.layer.torn


class Repairs:
    """The retransmissions of one layer."""

    def __init__(self, incoming: Incoming, payload_type: int) -> None:
        self.payload_type = payload_type
        self.incoming = incoming

    def receive(self, packet: rtp.Packet, now: float, level: int | None) -> bool:
        """Unwrap a retransmission. Browsers also probe the way with empty ones: those end here."""
        if packet.payload_length <= _ORIGINAL.size:
            return False
        (sequence,) = _ORIGINAL.unpack_from(packet.data, packet.payload_start)
        original = packet._replace(
            ssrc=self.incoming.layer.ssrc,
            payload_type=self.incoming.payload_type,
            sequence=sequence,
            payload_start=packet.payload_start + _ORIGINAL.size,
            extension_profile=0,
        )
        return self.incoming.repair(original, now)


def _is_keyframe(packet: rtp.Packet) -> bool:
    try:
        return rtp.parse_vp8(packet.data[packet.payload_start : packet.payload_end]).keyframe
    except rtp.MalformedPacket:
        return False
