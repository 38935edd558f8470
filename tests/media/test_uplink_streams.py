"""One published stream by itself: what reaches its layer, and when the layer forwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import pack
from typing import cast

import pytest

from lti_room.base.ids import ParticipantId
from lti_room.media.backend import GrantRow, MediaSource
from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.forwarding.fanout import Fanout
from lti_room.media.sfu.forwarding.keyframes import KeyframeRequests, Timer
from lti_room.media.sfu.forwarding.layer import Layer, Surroundings
from lti_room.media.sfu.publishing.incoming import Incoming, Repairs
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.sdp.publish import PublishedMedia

VP8, RTX = 96, 97


class Nothing:
    """A timer that never fires."""

    def cancel(self) -> None:
        pass


def never(seconds: float, call: Callable[[], None]) -> Timer:
    return Nothing()


@dataclass
class Sink:
    """Stands in for a layer: notes what reaches it."""

    ssrc: int = 7
    rate: int = 90_000
    open: bool = True
    watched: bool = True
    rank: int = 0
    torn: bool = False
    last_at: float = 0.0
    got: list[rtp.Packet] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keyframes = KeyframeRequests(lambda: self.asked.append(0.0), lambda: 0.0, never)

    def receive(self, packet: rtp.Packet, now: float, level: int | None) -> None:
        self.got.append(packet)

    @property
    def numbers(self) -> list[int]:
        return [packet.sequence for packet in self.got]


class Rig:
    def __init__(self) -> None:
        self.sink = Sink()
        self.asks = 0
        self.incoming = Incoming(cast(Layer, self.sink), VP8, video=True, ask=self._ask)
        self.repairs = Repairs(self.incoming, RTX)

    def _ask(self) -> None:
        self.asks += 1

    def media(self, number: int, now: float = 0.0, payload: bytes = b"\x10\x01rest") -> bool:
        return self.incoming.receive(_packet(VP8, 7, number, payload), now, None)

    def resend(self, original: int, now: float = 0.0, payload: bytes = b"\x10\x01rest") -> bool:
        packet = _packet(RTX, 8, 1, pack("!H", original) + payload)
        return self.repairs.receive(packet, now, None)


def _packet(kind: int, ssrc: int, number: int, payload: bytes) -> rtp.Packet:
    header = pack("!BBHII", 0x90, 0x80 | kind, number, 3000 * number, ssrc)
    return rtp.parse(header + bytes.fromhex("bede0001 41613000") + payload)


def test_a_retransmission_becomes_the_packet_it_repeats() -> None:
    rig = Rig()
    rig.media(1)
    rig.media(3)
    assert rig.asks == 1
    assert rig.resend(2, payload=b"\x10\x01two")
    packet = rig.sink.got[-1]
    assert (packet.ssrc, packet.payload_type, packet.sequence, packet.marker) == (7, VP8, 2, True)
    assert packet.data[packet.payload_start : packet.payload_end] == b"\x10\x01two"
    assert packet.extensions() == {}


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0\2"], ids=["nothing", "half a number", "only a number"])
def test_probes_end_here(payload: bytes) -> None:
    rig = Rig()
    rig.media(1)
    rig.media(3)
    assert not rig.repairs.receive(_packet(RTX, 8, 1, payload), 0.0, None)
    assert rig.sink.numbers == [1, 3]


def test_padding_of_a_retransmission_is_no_payload() -> None:
    rig = Rig()
    rig.media(1)
    rig.media(3)
    padded = pack("!BBHII", 0xA0, 0x80 | RTX, 9, 0, 8) + b"\0\2" + bytes(199) + bytes([200])
    assert not rig.repairs.receive(rtp.parse(padded), 0.0, None)


def test_each_number_reaches_the_layer_once_by_whichever_way() -> None:
    rig = Rig()
    for number in (1, 3):
        rig.media(number)
    assert rig.resend(2)
    assert not rig.resend(2)
    assert not rig.media(2)
    assert not rig.resend(3)
    assert not rig.resend(40_000)
    assert rig.sink.numbers == [1, 3, 2]


def test_a_stream_does_not_begin_with_a_retransmission() -> None:
    rig = Rig()
    assert not rig.resend(5)
    assert rig.media(5)


def test_what_was_sent_again_stays_lost_in_the_report() -> None:
    rig = Rig()
    rig.media(1, 0.0)
    rig.media(4, 0.1)
    rig.incoming.missing.due(0.2)
    rig.media(2, 5.0)
    assert rig.resend(3, 5.0)
    report = rig.incoming.reception.report(7, 6.0)
    assert report is not None
    assert report.packets_lost == 2
    assert report.jitter == 0


def test_a_keyframe_makes_older_gaps_unimportant() -> None:
    rig = Rig()
    rig.media(1)
    rig.media(3)
    rig.media(4, payload=b"\x10\x00key")
    assert rig.incoming.missing.due(1.0) == []


def test_a_lost_picture_that_nobody_watches_needs_no_keyframe() -> None:
    rig = Rig()
    rig.incoming.want_keyframe()
    assert len(rig.sink.asked) == 1
    rig = Rig()
    rig.sink.watched = False
    rig.incoming.want_keyframe()
    assert rig.sink.asked == []


def _track(source: MediaSource) -> tuple[Track, Layer]:
    media = PublishedMedia("0", source.kind, 111)
    track = Track(ParticipantId("p_a"), source, media, lambda ssrc: None)
    around = Surroundings(Fanout(), never, lambda: 0.0, lambda: 0.0)
    return track, track.add_layer(9, "", around)


def test_an_upper_layer_is_given_up_while_the_line_is_too_narrow_and_begun_anew_after() -> None:
    rig = Rig()
    rig.sink.rank = 1
    for number in (1, 3):
        rig.media(number)
    rig.incoming.set_torn(True)
    rig.media(5, now=0.1)
    assert rig.sink.torn
    assert rig.incoming.missing.due(0.2) == [], "neither what was missing before nor what is since"
    assert rig.asks == 1, "before"
    rig.incoming.want_keyframe()
    assert rig.sink.asked == []
    assert rig.resend(2, now=0.2), "welcome all the same"
    rig.incoming.set_torn(False)
    assert len(rig.sink.asked) == 1
    rig.media(7, now=0.3)
    assert rig.incoming.missing.due(0.4) == [6]


def test_the_lowest_layer_is_never_given_up() -> None:
    rig = Rig()
    for number in (1, 3):
        rig.media(number)
    rig.incoming.set_torn(True)
    assert not rig.sink.torn
    assert rig.incoming.missing.due(0.1) == [2]


def test_a_voice_is_forwarded_while_it_is_granted_on_and_audible() -> None:
    track, layer = _track(MediaSource.MICROPHONE)
    assert not layer.open
    track.apply(GrantRow(frozenset({MediaSource.MICROPHONE})))
    assert layer.open
    track.set_audible(False)
    assert not layer.open
    assert track.open, "it is still listened to, and shown"
    track.apply(GrantRow(frozenset({MediaSource.MICROPHONE}), frozenset({MediaSource.MICROPHONE})))
    track.set_audible(True)
    assert not layer.open, "being loud unmutes nobody"
    track.apply(GrantRow())
    assert not layer.open


def test_layers_are_sorted_by_rank_whichever_comes_first() -> None:
    media = PublishedMedia("0", "video", VP8, rids=("l", "m", "h"))
    track = Track(ParticipantId("p_a"), MediaSource.CAMERA, media, lambda ssrc: None)
    around = Surroundings(Fanout(), never, lambda: 0.0, lambda: 0.0)
    for ssrc, rid in ((1, "h"), (2, "l"), (3, "m")):
        track.add_layer(ssrc, rid, around)
    assert [(layer.rid, layer.rank) for layer in track.layers] == [("l", 0), ("m", 1), ("h", 2)]
