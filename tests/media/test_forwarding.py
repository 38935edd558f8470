"""Packets from a publisher to subscribers: real DTLS clients, a real worker, real UDP, real Redis."""

import asyncio
import itertools

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket, RtcpSrPacket

from lti_room.base.clock import SystemClock
from lti_room.media.backend import MediaSource, Speaking
from lti_room.media.sfu.forwarding.batch import FEWEST_ROWS
from tests.media.conftest import StartWorker
from tests.support.media import Scene, Signalling, WorkerProcess, may_send


@pytest.fixture(params=["required", "off"])
def worker(request: pytest.FixtureRequest, start_worker: StartWorker) -> WorkerProcess:
    """A worker whose fan-out runs in C, and one where it runs in Python."""
    return start_worker(LTI_ROOM_MEDIA_FAST_PATH=request.param)


def test_every_packet_arrives_once_and_in_order(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewers = [await scene.receive() for _ in range(FEWEST_ROWS)]
            await speaker.play(2.0)
            await asyncio.sleep(0.2)
            for viewer in viewers:
                assert viewer.shown == {(speaker.me, "microphone"), (speaker.me, "camera")}
                for source, rate in (("microphone", 50), ("camera", 150)):
                    packets = viewer.got(speaker.me, source)
                    assert len(packets) > rate
                    numbers = [packet.sequence for packet in packets]
                    assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}
                    times = [packet.timestamp for packet in packets]
                    assert times == sorted(times)

    asyncio.run(scenario())


def test_a_picture_begins_with_a_keyframe_for_everybody(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            early = await scene.receive()
            playing = scene.play(speaker, 2.5)
            await asyncio.sleep(1.2)
            late = await scene.receive()
            await playing
            for viewer in (early, late):
                first = viewer.got(speaker.me, "camera")[0].payload
                assert first[0] & 0x10
                assert not first[4] & 0x01
            requests = [p for p in speaker.client.rtcp if isinstance(p, RtcpPsfbPacket) and p.fmt == 1]
            assert requests, "the newcomer's keyframe was asked for"

    asyncio.run(scenario())


def test_a_subscribers_keyframe_request_reaches_the_publisher(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            playing = scene.play(speaker, 3.0)
            await viewer.until(lambda: len(viewer.got(speaker.me, "camera")) > 20)
            await asyncio.sleep(0.6)
            asked = len([p for p in speaker.client.rtcp if isinstance(p, RtcpPsfbPacket) and p.fmt == 1])
            for _ in range(10):
                viewer.client.request_keyframe(viewer.ssrc(speaker.me, "camera"))
            await asyncio.sleep(0.7)
            asked_then = len([p for p in speaker.client.rtcp if isinstance(p, RtcpPsfbPacket) and p.fmt == 1])
            assert 1 <= asked_then - asked <= 2, "ten requests become one now and at most one later"
            await playing

    asyncio.run(scenario())


def test_nobody_is_sent_their_own_tracks(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            own = await scene.receive(speaker.me)
            viewer = await scene.receive()
            await speaker.play(1.0)
            late = await scene.receive(speaker.me)
            await speaker.play(1.0)
            assert viewer.total() > 50
            for mine in (own, late):
                assert mine.total() == 0
                assert mine.shown == set()

    asyncio.run(scenario())


def test_streams_without_announced_ssrcs_are_learnt_by_mid(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish(announced=False)
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            await speaker.play(1.5)
            assert len(viewer.got(speaker.me, "camera")) > 50

    asyncio.run(scenario())


def test_padding_is_eaten_and_leaves_no_hole(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            await speaker.play(0.8)
            for _ in range(5):
                speaker.client.send_rtp(speaker.camera.padding())
                speaker.client.send_rtp(speaker.camera.packet(keyframe=True))
                speaker.camera.next_frame()
            await asyncio.sleep(0.2)
            packets = viewer.got(speaker.me, "camera")
            assert all(packet.payload for packet in packets)
            numbers = [packet.sequence for packet in packets]
            assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}

    asyncio.run(scenario())


def test_reports_go_both_ways(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            playing = scene.play(speaker, 3.5)
            await asyncio.sleep(0.5)
            now = SystemClock().now()
            for stream in (speaker.microphone, speaker.camera):
                speaker.client.send_rtcp(stream.sender_report(now))
            await playing
            reports = [r for p in speaker.client.rtcp if isinstance(p, RtcpRrPacket) for r in p.reports]
            assert {r.ssrc for r in reports} == {speaker.microphone.ssrc, speaker.camera.ssrc}
            assert all(r.packets_lost == 0 for r in reports)
            assert any(r.lsr for r in reports)
            sent = {p.ssrc: p for p in viewer.client.rtcp if isinstance(p, RtcpSrPacket)}
            for source in ("microphone", "camera"):
                report = sent[viewer.ssrc(speaker.me, source)].sender_info
                assert report.packet_count > 10
                behind = SystemClock().now() + 2_208_988_800 - report.ntp_timestamp / (1 << 32)
                assert 0 < behind < 5
                newest = viewer.got(speaker.me, source)[-1].timestamp
                rate = 48_000 if source == "microphone" else 90_000
                assert abs(newest - report.rtp_timestamp) < rate * 3

    asyncio.run(scenario())


def test_who_speaks_is_told_and_silence_ends_it(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send(MediaSource.MICROPHONE)})

            def told() -> list[tuple[str, ...]]:
                return [tuple(e.participants) for e in signalling.events if isinstance(e, Speaking)]

            await speaker.play(1.0)
            assert told() == [(speaker.me,)]
            speaker.microphone.level = 127
            await speaker.play(1.5)
            assert told() == [(speaker.me,), ()]

    asyncio.run(scenario())
