"""One stream to one subscriber: its own SSRCs, and the offsets that carry it over pauses and layers."""

from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from lti_room.base.entropy import random_bits
from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.formats.rtcp import StreamClock
from lti_room.media.sfu.forwarding.fanout import Outgoing, Row
from lti_room.media.sfu.forwarding.history import History
from lti_room.media.sfu.transport.peer import Peer

SPANS_KEPT: Final = 16
"""Stretches of one layer that can still be sent again: more switches than a browser's NACK list outlives."""

CREDIBLE_SECONDS: Final = 2.0
"""How far sender reports may place a picture from where the wall clock does; beyond that they are wrong."""


class Source(Protocol):
    """What a down-track needs of the layer it is sent from."""

    open: bool
    rate: int
    clock: StreamClock
    history: History
    newest: Outgoing | None
    last_at: float
    packets: int
    octets: int

    def expect(self, down: "DownTrack") -> None:
        """Begin this down-track at the next packet that can be its first."""

    def expect_back(self, down: "DownTrack") -> None:
        """Begin this down-track at the keyframe that comes when the layer flows again."""

    def forget(self, down: "DownTrack") -> None:
        """Do not begin it after all."""

    def drop(self, down: "DownTrack") -> None:
        """Send it nothing more from here."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of numbers, from `first` on, that is sent from one layer with these things added."""

    first: int
    layer: Source
    sequence: int
    time: int
    picture: int
    tl0: int


@dataclass(frozen=True, slots=True)
class _Last:
    """The numbers a stretch ended with, and when its newest packet came."""

    sequence: int
    timestamp: int
    picture: int | None
    tl0: int | None
    at: float


class DownTrack:
    """A down-track. It sends nothing until a layer begins it, and nothing while it is paused.

    Sequence numbers of one SSRC are never used twice, for that would repeat a GCM nonce: a layer hands over
    each of its numbers once, after a pause or a switch the stream goes on behind all that was sent, and
    packets from before `floor` are not for this down-track.
    """

    def __init__(self, peer: Peer, ssrc: int, resend_ssrc: int) -> None:
        self.peer = peer
        self.ssrc = ssrc
        self.resend_ssrc = resend_ssrc
        self.layer: Source | None = None
        self.awaited: Source | None = None
        self.floor = 0
        self._patient = False
        self.spans: deque[Span] = deque(maxlen=SPANS_KEPT)
        self._last: _Last | None = None
        self._anchor: tuple[int, int] | None = None
        self._counted = self._begun = (0, 0)
        self._resends = random_bits(15)

    @property
    def ready(self) -> bool:
        """Whether the subscriber can be sent anything."""
        return self.peer.cipher is not None and self.peer.route is not None

    @property
    def time_offset(self) -> int:
        """What is added to the current layer's timestamps."""
        return self.spans[-1].time if self.spans else 0

    @property
    def counted(self) -> tuple[int, int]:
        """Packets and payload octets sent so far."""
        packets, octets = self._counted
        if self.layer is None:
            return self._counted
        return packets + self.layer.packets - self._begun[0], octets + self.layer.octets - self._begun[1]

    @property
    def newest_sequence(self) -> int | None:
        """The highest number there is so far, unwrapped; None before the first."""
        if self.layer is not None and self.layer.newest is not None:
            return self.layer.newest.sequence + self.spans[-1].sequence
        return self._last.sequence if self._last is not None else None

    @property
    def newest_timestamp(self) -> int:
        """The timestamp of the newest packet."""
        if self.layer is not None and self.layer.newest is not None:
            return self.layer.newest.timestamp + self.spans[-1].time & 0xFFFFFFFF
        return self._last.timestamp if self._last is not None else 0

    def find(self, number: int) -> tuple[Span, Outgoing] | None:
        """Return what was sent under a 16-bit number and with what added, while it may still be sent."""
        newest = self.newest_sequence
        sequence = rtp.extend(number, newest) if newest is not None else None
        if newest is None or sequence is None or sequence > newest:
            return None
        span = next((each for each in reversed(self.spans) if each.first <= sequence), None)
        packet = span.layer.history.get(sequence - span.sequence) if span and span.layer.open else None
        return (span, packet) if span and packet else None

    def next_resend(self) -> int:
        """Return the next 16-bit number under the retransmission SSRC."""
        self._resends += 1
        return self._resends & 0xFFFF

    def follow(self, layer: Source | None) -> None:
        """Go over to a layer as soon as it can begin; until then the old one goes on. None stops at once."""
        if layer is not None and layer is self.awaited:
            if self._patient:
                self._patient = False
                layer.expect(self)
            return
        self._await_nothing()
        if layer is None and self.layer is not None:
            self.layer.drop(self)
        elif layer is not None and layer is not self.layer:
            self.awaited = layer
            layer.expect(self)

    def follow_when_back(self, layer: Source) -> None:
        """Go over to a layer that has stopped as soon as it flows again; until then the old one goes on.

        A second keyframe, asked for when it is back, would be a burst that the encoder pauses after.
        """
        if layer is not self.awaited:
            self._await_nothing()
            self.awaited, self._patient = layer, True
            layer.expect_back(self)

    def _await_nothing(self) -> None:
        self._patient = False
        if self.awaited is not None:
            self.awaited.forget(self)
            self.awaited = None

    def begin(self, layer: Source, packet: Outgoing, now: float) -> None:
        """Start, go on after a pause, or go over to another layer, with this packet of it.

        What was sent before a pause is not sent again: the picture begins anew, nobody needs it.
        """
        paused = self.layer is None
        if self.layer is not None:
            self.layer.drop(self)
        last = self._last
        if last is None:
            first, time, picture, tl0 = random_bits(15), 0, 0, 0
        else:
            first = last.sequence + 1
            time = self._time_offset(layer, packet, last, now)
            picture = _carry_on(last.picture, packet.picture_id, bool(packet.picture_id_at), 0x7FFF)
            tl0 = _carry_on(last.tl0, packet.tl0, bool(packet.tl0_at), 0xFF)
        if paused:
            self.spans.clear()
        self.spans.append(Span(first, layer, first - packet.sequence, time, picture, tl0))
        self.floor = packet.sequence
        self.layer = layer
        self.awaited = None
        self._begun = (layer.packets, layer.octets)

    def pause(self) -> None:
        """Stop after the newest packet of the layer."""
        layer, span = self.layer, self.spans[-1]
        assert layer is not None
        assert layer.newest is not None
        newest = layer.newest
        self._last = _Last(
            newest.sequence + span.sequence,
            newest.timestamp + span.time & 0xFFFFFFFF,
            newest.picture_id + span.picture if newest.picture_id_at else None,
            newest.tl0 + span.tl0 if newest.tl0_at else None,
            layer.last_at,
        )
        if self._anchor is None and layer.clock.ntp:
            self._anchor = (layer.clock.ntp, layer.clock.rtp + span.time)
        self._counted = self.counted
        self.layer = None

    def row(self) -> Row | None:
        """Return what the fan-out needs, or None while the subscriber cannot be reached."""
        cipher, route = self.peer.cipher, self.peer.route
        if cipher is None or route is None or not self.spans:
            return None
        span = self.spans[-1]
        return Row(
            self.ssrc, span.sequence, span.time, span.picture, span.tl0, cipher, route, self.peer.samples
        )

    def _time_offset(self, layer: Source, packet: Outgoing, last: _Last, now: float) -> int:
        """Return what to add so that the packet lies where its capture time belongs, and behind the last."""
        if self.spans[-1].layer is layer:
            return self.spans[-1].time
        step = expected = int((now - last.at) * layer.rate)
        if self._anchor is not None and layer.clock.ntp:
            ntp, rtp = self._anchor
            placed = rtp + ((layer.clock.ntp - ntp) * layer.rate >> 32) + packet.timestamp - layer.clock.rtp
            reported = (placed - last.timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            if abs(reported - expected) < CREDIBLE_SECONDS * layer.rate:
                step = reported
        return last.timestamp + max(step, 1) - packet.timestamp & 0xFFFFFFFF


def _carry_on(last: int | None, number: int, present: bool, mask: int) -> int:
    return last + 1 - number & mask if present and last is not None else 0
