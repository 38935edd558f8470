"""Lost pictures come again, under an SSRC of their own, and not without measure."""

import asyncio
import itertools

from aiortc.rtp import RtcpRtpfbPacket

from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.formats.feedback import Statuses
from lti_room.media.sfu.forwarding.downtrack import DownTrack
from lti_room.media.sfu.forwarding.meter import WIRE_OVERHEAD
from lti_room.media.sfu.subscribing.resend import Resender
from tests.support.layers import Bench, ConnectedPeer, Encoder, Sent
from tests.support.media import Scene, Signalling, WorkerProcess, may_send

PLENTY = 10_000_000


class Viewer:
    """A subscriber that watches one track and asks for what it lost."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.peer = ConnectedPeer()
        self.down: DownTrack = bench.down(self.peer)
        self.resender = Resender(self.peer)  # type: ignore[arg-type]

    def ask(self, *numbers: int, sent: int = PLENTY) -> list[rtp.Packet]:
        """Ask for numbers; return what came."""
        before = len(self.peer.sent)
        self.resender.answer(self.down, [n & 0xFFFF for n in numbers], self.bench.now, self.bench.now, sent)
        return [rtp.parse(data) for data in self.peer.sent[before:]]

    def ask_for(self, sent: Sent) -> rtp.Packet:
        """Ask for one packet, which must come."""
        (found,) = self.ask(sent.sequence)
        return found


def _same_picture(again: rtp.Packet, sent: Sent) -> None:
    """The retransmission carries the original's number and exactly what was in it."""
    payload = again.data[again.payload_start : again.payload_end]
    assert int.from_bytes(payload[:2], "big") == sent.sequence & 0xFFFF
    found = rtp.parse_vp8(payload[2:])
    assert found.picture_id == sent.picture
    assert payload[2 + found.tl0_at] == sent.tl0
    assert payload[2 + found.length :] == sent.source.payload[found.length :]
    assert again.timestamp == sent.timestamp
    assert again.marker == bool(sent.source.second & 0x80)
    assert again.payload_type == 97


def test_a_lost_packet_comes_again_as_it_was_sent_whatever_layer_it_was_from() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench), Encoder(high, bench, sequence=9, picture=77)
    viewer = Viewer(bench)
    viewer.down.follow(low)
    low_encoder.send(3, key=True)
    for _ in range(4):
        viewer.down.follow(high)
        bench.pass_time(0.1)
        high_encoder.send(2, key=True)
        high_encoder.send(2)
        viewer.down.follow(low)
        bench.pass_time(0.1)
        low_encoder.send(2, key=True)
    again = []
    for sent in bench.got(viewer.down):
        bench.pass_time(0.05)
        again.append(viewer.ask_for(sent))
        _same_picture(again[-1], sent)
    assert {packet.ssrc for packet in again} == {viewer.down.resend_ssrc}
    numbers = [packet.sequence for packet in again]
    assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}
    assert all(packet.extensions().keys() == {2} for packet in again)


def test_what_was_never_sent_or_is_too_old_does_not_come() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    viewer = Viewer(bench)
    viewer.down.follow(layer)
    encoder.send(2)
    encoder.send(2, key=True)
    encoder.sequence += 3
    encoder.send(2)
    first, *_, last = bench.got(viewer.down)
    assert viewer.ask(first.sequence - 1) == [], "before the keyframe it began with"
    assert viewer.ask(last.sequence + 1) == []
    assert viewer.ask(first.sequence + 2) == [], "lost on the way to us"
    for _ in range(300):
        encoder.send(2)
    assert viewer.ask(first.sequence) == []
    assert len(viewer.ask(bench.got(viewer.down)[-1].sequence)) == 1


def test_nothing_comes_again_from_a_track_that_is_closed() -> None:
    bench = Bench()
    layer = bench.layer()
    viewer = Viewer(bench)
    viewer.down.follow(layer)
    Encoder(layer, bench).send(2, key=True)
    layer.set_open(False)
    assert viewer.ask(bench.got(viewer.down)[0].sequence) == []
    layer.set_open(True)
    assert len(viewer.ask(bench.got(viewer.down)[0].sequence)) == 1


def test_nothing_comes_again_from_before_a_pause() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench), Encoder(high, bench, sequence=9, picture=77)
    viewer = Viewer(bench)
    viewer.down.follow(high)
    high_encoder.send(3, key=True)
    viewer.down.follow(None)
    bench.pass_time(0.3)
    viewer.down.follow(low)
    low_encoder.send(2, key=True)
    *before, first, second = bench.got(viewer.down)
    assert len(before) == 3
    assert viewer.ask(*(sent.sequence for sent in before)) == []
    assert len(viewer.ask(first.sequence, second.sequence)) == 2


def test_the_same_packet_does_not_come_twice_within_a_round_trip() -> None:
    bench = Bench()
    layer = bench.layer()
    viewer = Viewer(bench)
    viewer.down.follow(layer)
    Encoder(layer, bench).send(2, key=True)
    number = bench.got(viewer.down)[0].sequence
    assert len(viewer.ask(number, number)) == 1
    assert viewer.ask(number) == []
    bench.pass_time(0.05)
    first, second = viewer.ask(number)
    assert second.sequence == first.sequence + 1 & 0xFFFF, "asked for again: two copies, under two numbers"
    viewer.resender.round_trip = 0.15
    bench.pass_time(0.1)
    assert viewer.ask(number) == []
    bench.pass_time(0.06)
    assert len(viewer.ask(number)) == 2
    viewer.resender.round_trip = 0.02
    bench.pass_time(0.025)
    assert len(viewer.ask(number)) == 2, "on a short way soon again"


def test_a_flood_of_requests_costs_a_share_of_what_is_sent_and_no_more() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    viewer = Viewer(bench)
    viewer.down.follow(layer)
    encoder.send(2, key=True)
    for _ in range(250):
        encoder.send(2)
    numbers = [sent.sequence for sent in bench.got(viewer.down)]
    octets = 0
    for _ in range(100):
        bench.pass_time(0.1)
        octets += sum(len(p.data) for p in viewer.ask(*numbers, *range(10_000), sent=400_000))
    assert octets * 8 / 10 < 0.25 * 400_000 + 150_000 + 60_000
    assert octets * 8 / 10 > 100_000


def test_padding_is_counted_and_repeats_pictures_where_there_are_some() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    viewer = Viewer(bench)
    viewer.resender.pad(viewer.down, 1000, bench.now, bench.now)
    empty = [rtp.parse(data) for data in viewer.peer.sent]
    assert all(packet.payload_length == 0 and packet.payload_type == 97 for packet in empty)
    assert [packet.extensions()[4] for packet in empty] == [bytes([0, n]) for n in range(len(empty))]
    assert abs(viewer.resender.octets - 1000) < WIRE_OVERHEAD + 1
    viewer.down.follow(layer)
    encoder.size = 900
    for _ in range(5):
        encoder.send(2, key=True)
    samples = viewer.peer.samples
    viewer.peer.sent.clear()
    first = samples.next
    viewer.resender.pad(viewer.down, 7000, bench.now, bench.now)
    again = [rtp.parse(data) for data in viewer.peer.sent]
    newest = bench.got(viewer.down)[-7:]
    for packet, sent in zip(again, reversed(newest), strict=False):
        _same_picture(packet, sent)
    probes = samples.reported(Statuses(first & 0xFFFF, 1, (0.0,) * len(again)))
    assert [sample.probe for sample in probes] == [True] * len(again)
    assert 7000 <= sum(sample.size for sample in probes) < 7000 + 1000
    assert samples.next == first + len(again)


def test_a_whole_frame_is_counted_but_few_frames_are() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    viewer = Viewer(bench)
    viewer.down.follow(layer)
    encoder.send(3, key=True)
    for _ in range(59):
        bench.pass_time(1 / 30)
        encoder.send(3)
    got = bench.got(viewer.down)
    frames = [[sent.source.counted for sent in got[at : at + 3]] for at in range(0, len(got), 3)]
    assert {tuple(frame) for frame in frames} == {(True,) * 3, (False,) * 3}
    assert 11 <= frames.count([True] * 3) <= 14
    assert viewer.peer.samples.next == 3 * frames.count([True] * 3)


def test_a_real_client_gets_what_it_asks_for_and_nothing_under_a_number_it_has(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            await speaker.play(1.0)
            await asyncio.sleep(0.1)
            assert viewer.offer is not None
            ssrc = viewer.ssrc(speaker.me, "camera")
            repair = next(r for r, media in viewer.repairs.items() if media == ssrc)
            got = viewer.got(speaker.me, "camera")
            sound = viewer.ssrc(speaker.me, "microphone")
            before = len(viewer.client.received[sound].packets)
            wanted = [packet.sequence for packet in got[-40:-30]]
            viewer.client.send_rtcp(bytes(RtcpRtpfbPacket(1, 1, ssrc, wanted)))
            spoken = [packet.sequence for packet in viewer.got(speaker.me, "microphone")[-5:]]
            viewer.client.send_rtcp(bytes(RtcpRtpfbPacket(1, 1, sound, spoken)))
            await viewer.until(lambda: len(viewer.client.received[repair].packets) >= 10)
            again = viewer.client.received[repair].packets
            by_number = {packet.sequence: packet for packet in got}
            for packet in again:
                number = int.from_bytes(packet.payload[:2], "big")
                assert packet.payload[2:] == by_number[number].payload
                assert packet.timestamp == by_number[number].timestamp
            assert [int.from_bytes(packet.payload[:2], "big") for packet in again] == wanted
            await asyncio.sleep(0.1)
            assert len(viewer.client.received[sound].packets) == before, "sound is not sent again"
            assert len(got) == len(viewer.got(speaker.me, "camera"))

    asyncio.run(scenario())
