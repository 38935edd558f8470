"""Layers and down-tracks without a network: a clock in hand, and a fan-out that writes down what it sends."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any, cast

from lti_room.media.sfu.congestion.samples import Samples
from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.forwarding.downtrack import DownTrack
from lti_room.media.sfu.forwarding.fanout import Fanout, Outgoing, Row, Rows
from lti_room.media.sfu.forwarding.layer import Layer, Surroundings
from lti_room.media.sfu.transport.peer import Peer


@dataclass(frozen=True)
class Sent:
    """One packet as one subscriber gets it. `sequence` is unwrapped, `source` the layer's packet."""

    ssrc: int
    sequence: int
    timestamp: int
    picture: int
    tl0: int
    source: Outgoing


class WrittenDown(Fanout):
    """A fan-out that sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []

    def prepare(self, rows: Iterable[Row]) -> Rows:
        """Keep the rows as they are."""
        return Rows(rows)

    def forward(self, rows: Rows, packets: Sequence[Outgoing], wall: float) -> None:
        """Write down what each row would be sent, and count its transport-wide numbers."""
        for packet in packets:
            for row in rows.rows:
                row.transport.next += packet.counted
                self.sent.append(
                    Sent(
                        row.ssrc,
                        packet.sequence + row.sequence_offset,
                        packet.timestamp + row.time_offset & 0xFFFFFFFF,
                        packet.picture_id + row.picture_offset & 0x7FFF,
                        packet.tl0 + row.tl0_offset & 0xFF,
                        packet,
                    )
                )


class ConnectedPeer:
    """What a down-track looks at in a peer that is connected."""

    def __init__(self) -> None:
        self.cipher: Any = object()
        self.route: Any = object()
        self.samples = Samples()
        self.waited = 0.0
        self.sent: list[bytes] = []

    def send_rtp(self, data: bytes) -> None:
        """Keep a packet that is not the fan-out's."""
        self.sent.append(data)


class Bench:
    """Layers of one track, and down-tracks."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fanout = WrittenDown()
        self.asked: list[int] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.around = Surroundings(self.fanout, self._later, lambda: self.now, lambda: self.now)
        self._next_ssrc = 1

    def _later(self, seconds: float, call: Callable[[], None]) -> Any:
        due = (self.now + seconds, call)
        self._due.append(due)
        return self

    def cancel(self) -> None:
        """Forget what is due."""
        self._due.clear()

    def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self.now += seconds
        due = [call for at, call in self._due if at <= self.now]
        self._due = [each for each in self._due if each[0] > self.now]
        for call in due:
            call()

    def layer(self, rank: int = 0, *, video: bool = True) -> Layer:
        """Return an open layer."""
        layer = Layer(
            100 + rank,
            video=video,
            rid="lmh"[rank],
            rank=rank,
            ask_for_keyframe=lambda: self.asked.append(rank),
            around=self.around,
        )
        layer.set_open(True)
        return layer

    def down(self, peer: ConnectedPeer | None = None) -> DownTrack:
        """Return a down-track of a subscriber."""
        self._next_ssrc += 2
        return DownTrack(cast(Peer, peer or ConnectedPeer()), self._next_ssrc, self._next_ssrc + 1)

    def got(self, down: DownTrack) -> list[Sent]:
        """Return what a down-track was sent."""
        return [sent for sent in self.fanout.sent if sent.ssrc == down.ssrc]


class Encoder:
    """Makes the packets of one layer: VP8 with picture ids of 15 bits and TL0PICIDX."""

    def __init__(
        self, layer: Layer, bench: Bench, *, sequence: int = 65_500, timestamp: int = 7, picture: int = 32_760
    ) -> None:
        self.layer = layer
        self._bench = bench
        self.sequence = sequence
        self.timestamp = timestamp
        self.picture = picture
        self.tl0 = 250
        self.size = 20

    def packet(self, *, key: bool = False, first: bool = True, last: bool = True) -> rtp.Packet:
        """Return the next packet."""
        descriptor = pack(
            "!BBHBB", 0x90 if first else 0x80, 0xE0, 0x8000 | self.picture & 0x7FFF, self.tl0 & 0xFF, 0x20
        )
        payload = descriptor + bytes([0x10 if key and first else 0x11]) + bytes(self.size)
        kind = 96 | (0x80 if last else 0)
        header = pack("!BBHII", 0x80, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, 5)
        self.sequence += 1
        return rtp.parse(header + payload)

    def padding(self) -> rtp.Packet:
        """Return a packet of nothing but padding."""
        header = pack("!BBHII", 0xA0, 96, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, 5)
        self.sequence += 1
        return rtp.parse(header + bytes(9) + bytes([10]))

    def frame(self, packets: int = 2, *, key: bool = False) -> list[rtp.Packet]:
        """Return the packets of the next frame, a thirtieth of a second after the last."""
        self.timestamp += 3000
        self.picture += 1
        self.tl0 += 1
        return [self.packet(key=key, first=n == 0, last=n == packets - 1) for n in range(packets)]

    def send(self, packets: int = 2, *, key: bool = False) -> None:
        """Hand a frame to the layer."""
        for packet in self.frame(packets, key=key):
            self.layer.receive(packet, self._bench.now, None)
