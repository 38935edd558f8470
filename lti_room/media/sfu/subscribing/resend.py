"""Lost pictures again, and padding: all that goes out under the retransmission SSRCs of one subscriber.

RFC 4585 (who asks), RFC 4588 (how it is sent). A packet never goes out again under its own SSRC: with another
send time in it, it would be a second plaintext under one GCM nonce.
"""

from collections.abc import Iterable
from struct import Struct
from typing import Final

from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.forwarding.downtrack import DownTrack, Span
from lti_room.media.sfu.forwarding.fanout import Outgoing, renumber_pictures
from lti_room.media.sfu.forwarding.meter import WIRE_OVERHEAD
from lti_room.media.sfu.sdp.subscribe import RESEND_TYPE
from lti_room.media.sfu.transport.dtls import LARGEST_PACKET
from lti_room.media.sfu.transport.peer import Peer

FIRST_ROUND_TRIP: Final = 0.04
SHORTEST_WAIT: Final = 0.015
LONGEST_WAIT: Final = 0.2
"""A packet is not sent again before its last repetition can have arrived; seconds."""

COPIES_OF_REPEATED: Final = 2
"""What is asked for again was lost twice, and its time runs out: a third loss would be seen."""
FORGOTTEN_SECONDS: Final = 1.0

SHARE: Final = 0.25
LEAST_RATE: Final = 150_000
"""What may be sent again: a share of what is sent, and this many bits per second."""
AT_ONCE: Final = 32_000
"""Octets that may be sent again at once: a tenth of a second of the highest layer and more."""

LARGEST_PADDING: Final = 255
USEFUL_PAYLOAD: Final = 300
PADDING_LOOK_BACK: Final = 32
LARGE_CLUSTER: Final = 6_000
"""A smaller cluster is made of small packets: two large ones would not tell a rate."""

_OWN_FIELDS: Final = Struct("!HII")
_U16: Final = Struct("!H")
_NUMBER_AT: Final = rtp.HEADER_LENGTH + 9


class Resender:
    """Answers one subscriber's NACKs. `octets` counts all it sent, on the wire; `now` is monotonic."""

    def __init__(self, peer: Peer) -> None:
        self.octets = 0
        self.packets = 0
        self.round_trip = FIRST_ROUND_TRIP
        self._peer = peer
        self._allowed = float(AT_ONCE)
        self._filled = 0.0
        self._resent: dict[tuple[int, int], float] = {}

    def answer(
        self, down: DownTrack, numbers: Iterable[int], now: float, wall: float, sent_bits_per_second: int
    ) -> None:
        """Send again what a NACK names, as far as it is still here and not too much."""
        self._fill(now, sent_bits_per_second)
        wait = min(max(self.round_trip, SHORTEST_WAIT), LONGEST_WAIT)
        for number in numbers:
            found = down.find(number)
            if found is None:
                continue
            span, packet = found
            size = len(packet.payload) + WIRE_OVERHEAD
            key = (down.ssrc, packet.sequence + span.sequence)
            before = self._resent.get(key)
            if size > self._allowed or (before is not None and now - before < wait):
                continue
            self._resent[key] = now
            for _ in range(1 if before is None else COPIES_OF_REPEATED):
                self._allowed -= size
                self._send(self._again(down, span, packet, wall, number=None), size)
        if len(self._resent) > 1000:
            self._resent = {key: at for key, at in self._resent.items() if now - at < FORGOTTEN_SECONDS}

    def pad(self, down: DownTrack, octets: int, now: float, wall: float) -> None:
        """Send `octets` on the wire that say how much the line carries: pictures again, or nothing at all."""
        samples = self._peer.samples
        first, sizes = samples.next, []
        spare = iter(_recent(down) if octets >= LARGE_CLUSTER else ())
        while octets > 0:
            found = next(spare, None) if octets >= USEFUL_PAYLOAD + WIRE_OVERHEAD else None
            if found is not None:
                size = len(found[1].payload) + WIRE_OVERHEAD
                data = self._again(down, *found, wall, number=samples.next)
            else:
                padding = min(max(octets - WIRE_OVERHEAD, 1), LARGEST_PADDING)
                size = padding + WIRE_OVERHEAD
                data = self._empty(down, padding, wall, number=samples.next)
            samples.next += 1
            sizes.append(size)
            octets -= size
            self._send(data, size)
        if sizes:
            samples.sent(first, now, sizes, probe=True)

    def _fill(self, now: float, sent_bits_per_second: int) -> None:
        rate = (SHARE * sent_bits_per_second + LEAST_RATE) / 8
        self._allowed = min(self._allowed + rate * (now - self._filled), AT_ONCE)
        self._filled = now

    def _send(self, data: bytes, size: int) -> None:
        if len(data) <= LARGEST_PACKET:
            self._peer.send_rtp(data)
            self.octets += size
            self.packets += 1

    @staticmethod
    def _again(down: DownTrack, span: Span, packet: Outgoing, wall: float, number: int | None) -> bytes:
        """Return a packet as it was sent, in its retransmission; counted under `number`."""
        second = packet.second & 0x80 | RESEND_TYPE
        common = packet._replace(second=second, level=None, counted=number is not None)
        whole = bytearray(common.common(wall))
        renumber_pictures(whole, common, span.picture, span.tl0)
        timestamp = packet.timestamp + span.time & 0xFFFFFFFF
        _OWN_FIELDS.pack_into(whole, 2, down.next_resend(), timestamp, down.resend_ssrc)
        if number is not None:
            _U16.pack_into(whole, _NUMBER_AT, number & 0xFFFF)
        at = common.payload_at
        original = _U16.pack(packet.sequence + span.sequence & 0xFFFF)
        return bytes(whole[:at]) + original + bytes(whole[at:])

    @staticmethod
    def _empty(down: DownTrack, padding: int, wall: float, number: int) -> bytes:
        """Return a retransmission of nothing with so many octets of padding."""
        common = Outgoing(RESEND_TYPE, 0, 0, bytes(padding - 1) + bytes((padding,)), counted=True)
        whole = bytearray(common.common(wall))
        whole[0] |= 0x20
        _OWN_FIELDS.pack_into(whole, 2, down.next_resend(), down.newest_timestamp, down.resend_ssrc)
        _U16.pack_into(whole, _NUMBER_AT, number & 0xFFFF)
        return bytes(whole)


def _recent(down: DownTrack) -> Iterable[tuple[Span, Outgoing]]:
    """Yield the newest large packets that were sent, newest first."""
    newest = down.newest_sequence
    if newest is None:
        return
    for sequence in range(newest, newest - PADDING_LOOK_BACK, -1):
        found = down.find(sequence & 0xFFFF)
        if found is not None and len(found[1].payload) >= USEFUL_PAYLOAD:
            yield found
