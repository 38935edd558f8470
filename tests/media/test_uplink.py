"""What a publisher sends, honest and hostile: layers, retransmissions, feedback. Real UDP, real worker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import Final

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket, unpack_remb_fci

from lti_room.media.backend import MediaSource
from lti_room.media.sfu.publishing.uplink import VIDEO_BITS_PER_SECOND
from lti_room.media.sfu.sdp.common import MID, REPAIRED_RID, RID, TRANSPORT_SEQUENCE
from tests.media.test_uplink_pieces import decode
from tests.support.media import Receiving, Scene, Signalling, WorkerProcess, endpoint, may_send
from tests.support.rtc_client import Remote, RtcClient

VP8: Final = 96
RTX: Final = 97
IDS: Final = {MID: 4, RID: 10, REPAIRED_RID: 11, TRANSPORT_SEQUENCE: 3}
RIDS: Final = ("l", "m", "h")
FEEDBACK: Final = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")


@dataclass
class Encoding:
    """One simulcast encoding as the test sends it, packet by packet."""

    rid: str
    ssrc: int
    mid: str = "0"
    sequence: int = 60_000
    sent: dict[int, bytes] = field(default_factory=dict)

    def packet(
        self, *, keyframe: bool = False, extensions: Mapping[str, bytes] | None = None, kind: int = VP8
    ) -> bytes:
        """Make the next packet: a frame of its own, whose payload ends with its number."""
        number = self.sequence & 0xFFFF
        self.sequence += 1
        descriptor = pack("!BBH", 0x90, 0x80, 0x8000 | number & 0x7FFF)
        self.sent[number] = descriptor + bytes([0x10 if keyframe else 0x11]) + bytes(20) + pack("!H", number)
        said = {MID: self.mid.encode(), RID: self.rid.encode()} if extensions is None else extensions
        return rtp(kind, number, self.ssrc, self.sent[number], said)

    def skip(self) -> int:
        """Make a packet that is lost; return its number."""
        self.packet()
        return self.sequence - 1 & 0xFFFF


def rtp(kind: int, number: int, ssrc: int, payload: bytes, extensions: Mapping[str, bytes]) -> bytes:
    """Return an RTP packet, marker set, its time going with its number."""
    block = b"".join(
        bytes([IDS[uri] << 4 | len(value) - 1]) + value for uri, value in extensions.items() if value
    )
    block += bytes(-len(block) % 4)
    header = pack("!BBHII", 0x90, 0x80 | kind, number, number * 3000, ssrc)
    return header + pack("!HH", 0xBEDE, len(block) // 4) + block + payload


def again(
    encoding: Encoding, number: int, *, rtx: int, ssrc: int = 0x7777, payload: bytes | None = None
) -> bytes:
    """Return the retransmission number `rtx` of an encoding's packet."""
    what = pack("!H", number) + encoding.sent[number] if payload is None else payload
    said = {MID: encoding.mid.encode(), REPAIRED_RID: encoding.rid.encode()}
    return rtp(RTX, rtx, ssrc, what, said)


def numbered(number: int) -> dict[str, bytes]:
    return {MID: b"0", RID: b"l", TRANSPORT_SEQUENCE: pack("!H", number)}


class Camera:
    """A camera that offers simulcast, and whoever looks at it."""

    def __init__(self, scene: Scene) -> None:
        self.client = RtcClient()
        self.who = endpoint(scene.room)
        self.scene = scene
        self.l, self.m, self.h = (Encoding(rid, 0x1000 + n) for n, rid in enumerate(RIDS))
        self.viewer: Receiving | None = None

    def offer(self) -> str:
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
        for mid, simulcast in (("0", True), ("1", False)):
            lines += [f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}", "c=IN IP4 0.0.0.0"]
            lines += [*self.client.sdp_transport("actpass"), f"a=mid:{mid}", "a=sendonly"]
            lines += [f"a=rtpmap:{VP8} VP8/90000", f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={VP8}"]
            lines += [f"a=rtcp-fb:{VP8} {each}" for each in FEEDBACK]
            lines += [f"a=extmap:{number} {uri}" for uri, number in IDS.items()]
            if simulcast:
                lines += [*(f"a=rid:{rid} send" for rid in RIDS), "a=simulcast:send l;m;h"]
        return "\r\n".join(lines) + "\r\n"

    async def connect(self, offer: str) -> None:
        sources = {"0": MediaSource.CAMERA, "1": MediaSource.SCREEN}
        answer = await asyncio.to_thread(self.scene.backend.publish, self.who, offer, sources)
        await self.client.connect(Remote.read(answer))
        self.scene.grant({self.who.participant: may_send(MediaSource.CAMERA)})

    async def shown(self) -> Receiving:
        """Send keyframes until somebody sees the lowest layer."""
        viewer = self.viewer = await self.scene.receive()
        for _ in range(200):
            self.send(self.l.packet(keyframe=True))
            await asyncio.sleep(0.02)
            if len(self.got()) > 3:
                return viewer
        raise AssertionError("nothing is shown")

    def send(self, *packets: bytes) -> None:
        for packet in packets:
            self.client.send_rtp(packet)

    def got(self) -> list[int]:
        """The numbers that the payloads of what the viewer got end with."""
        assert self.viewer is not None
        packets = self.viewer.got(self.who.participant, "camera")
        return [int(unpack_from("!H", packet.payload, len(packet.payload) - 2)[0]) for packet in packets]

    def asked(self) -> list[int]:
        """Every number that was asked for, in order."""
        found = (p for p in self.client.rtcp if isinstance(p, RtcpRtpfbPacket) and p.fmt == 1)
        return [number for packet in found for number in packet.lost]

    def keyframes_asked(self) -> list[int]:
        """The SSRCs that keyframes were asked of, in order."""
        return [p.media_ssrc for p in self.client.rtcp if isinstance(p, RtcpPsfbPacket) and p.fmt == 1]

    def reported(self) -> set[int]:
        """The SSRCs that are reported as received."""
        found = (p for p in self.client.rtcp if isinstance(p, RtcpRrPacket))
        return {report.ssrc for packet in found for report in packet.reports}


Story = Callable[[Camera], Awaitable[None]]
Play = Callable[[Story], None]
until = Receiving.until


@pytest.fixture
def play(worker: WorkerProcess, signalling: Signalling) -> Play:
    def play(story: Story) -> None:
        async def scenario() -> None:
            async with Scene(signalling) as scene:
                camera = Camera(scene)
                try:
                    await camera.connect(camera.offer())
                    await story(camera)
                finally:
                    await camera.client.close()

        asyncio.run(scenario())

    return play


def test_layers_are_learnt_by_rid_and_nothing_else_becomes_one(play: Play) -> None:
    async def story(camera: Camera) -> None:
        strangers = [
            Encoding("l", 0x2001),
            Encoding("x", 0x2002),
            Encoding("", 0x2003),
            Encoding("l", 0x2004, mid="9"),
            Encoding("h" * 16, 0x2005),
        ]
        for _ in range(3):
            camera.send(*(each.packet(keyframe=True) for each in (camera.h, camera.l, camera.m, *strangers)))
        await until(lambda: camera.reported() >= {0x1000, 0x1001, 0x1002}, what="all layers are reported")
        assert camera.reported() == {0x1000, 0x1001, 0x1002}

    play(story)


def test_a_known_source_keeps_its_place_whatever_it_says_later(play: Play) -> None:
    """The screen is not granted: packets of the camera that say they are the screen's are the camera's."""

    async def story(camera: Camera) -> None:
        viewer = await camera.shown()
        before = len(camera.got())
        for said in ({MID: b"1"}, {MID: b"0", RID: b"h"}, {MID: b"9", RID: b"l"}, {}):
            camera.send(camera.l.packet(extensions=said))
        await until(lambda: len(camera.got()) == before + 4, what="they go on as the camera's lowest layer")
        foreign = Encoding("", 0x3000, mid="1")
        camera.send(*(foreign.packet(keyframe=True) for _ in range(5)))
        camera.send(camera.l.packet())
        await until(lambda: len(camera.got()) == before + 5)
        assert viewer.shown == {(camera.who.participant, "camera")}
        assert viewer.total() == before + 5

    play(story)


def test_what_is_lost_is_asked_for_and_put_in_its_place(play: Play) -> None:
    async def story(camera: Camera) -> None:
        await camera.shown()
        first = camera.l.sequence & 0xFFFF
        camera.send(camera.l.packet())
        lost = [camera.l.skip(), camera.l.skip()]
        camera.send(camera.l.packet())
        lost.append(camera.l.skip())
        camera.send(camera.l.packet())
        await until(lambda: set(camera.asked()) == set(lost), what="the gaps are asked for")
        camera.send(*(again(camera.l, number, rtx=n) for n, number in enumerate(lost)))
        expected = [(first + n) & 0xFFFF for n in range(6)]
        await until(lambda: sorted(camera.got()[-6:]) == sorted(expected), what="all of it arrives")
        assert camera.viewer is not None
        packets = camera.viewer.got(camera.who.participant, "camera")
        numbers = [packet.sequence for packet in packets]
        payloads = [packet.payload[4:] for packet in packets]
        assert len(set(numbers)) == len(numbers), "no number twice: it would repeat a nonce"
        assert all(camera.l.sent[number][4:] in payloads for number in lost), "as they were sent"
        in_order = [number for _, number in sorted(zip(numbers[-6:], camera.got()[-6:], strict=True))]
        assert in_order == expected, "each in the place it was lost from"
        asked = len(camera.asked())
        await asyncio.sleep(0.2)
        assert len(camera.asked()) == asked, "what came is not asked for any more"

    play(story)


def test_requests_end_and_a_keyframe_is_asked_for_instead(play: Play) -> None:
    async def story(camera: Camera) -> None:
        await camera.shown()
        lost = camera.l.skip()
        camera.send(camera.l.packet())
        await until(lambda: camera.asked().count(lost) == 8, what="eight times")
        asked = len(camera.keyframes_asked())
        await until(lambda: len(camera.keyframes_asked()) > asked, what="a keyframe is asked for")
        assert camera.keyframes_asked()[-1] == camera.l.ssrc
        assert camera.asked().count(lost) == 8

    play(story)


def test_retransmissions_that_repeat_or_repair_nothing_change_nothing(play: Play) -> None:
    async def story(camera: Camera) -> None:
        camera.send(again(camera.l, camera.l.skip(), rtx=1, ssrc=0x8888))
        await camera.shown()
        lost = camera.l.skip()
        camera.send(camera.l.packet())
        await until(lambda: lost in camera.asked())
        camera.send(again(camera.l, lost, rtx=100))
        await until(lambda: lost in camera.got())
        before, newest = len(camera.got()), camera.l.sequence - 1 & 0xFFFF
        hostile = [b"", b"\x01", pack("!H", newest), pack("!H", newest - 5000 & 0xFFFF) + bytes(30)]
        for n, payload in enumerate(hostile):
            camera.send(again(camera.l, newest, rtx=200 + n, payload=payload))
        camera.send(again(camera.l, lost, rtx=300), again(camera.l, newest, rtx=301))
        camera.send(again(camera.l, newest, rtx=302, ssrc=0x9999))
        camera.send(rtp(RTX, newest, camera.l.ssrc, bytes(40), {MID: b"0"}))
        camera.send(rtp(VP8, 303, 0x7777, bytes(40), {MID: b"0", RID: b"l"}))
        camera.send(camera.l.packet())
        await until(lambda: len(camera.got()) > before)
        await asyncio.sleep(0.1)
        assert len(camera.got()) == before + 1
        assert len(set(camera.got())) == len(camera.got())

    play(story)


def test_a_leap_of_numbers_asks_for_a_keyframe_not_for_thousands(play: Play) -> None:
    async def story(camera: Camera) -> None:
        await camera.shown()
        camera.l.sequence += 5000
        asked = len(camera.keyframes_asked())
        camera.send(camera.l.packet())
        await until(lambda: len(camera.keyframes_asked()) > asked, what="a keyframe is asked for")
        assert camera.asked() == []
        for _ in range(50):
            camera.l.sequence += 200
            camera.send(camera.l.packet())
        await asyncio.sleep(0.3)
        assert len(camera.client.rtcp_bytes) < 150
        before = len(camera.got())
        camera.send(camera.l.packet(keyframe=True))
        await until(lambda: len(camera.got()) > before, what="the picture goes on")

    play(story)


def test_arrivals_are_told_to_who_numbers_its_packets(play: Play) -> None:
    async def story(camera: Camera) -> None:
        await camera.shown()
        for number in (65_534, 65_535, 1, 2):
            camera.send(camera.l.packet(keyframe=True, extensions=numbered(number)))

        def told() -> dict[int, float | None]:
            found = [data for data in camera.client.rtcp_bytes if data[:2] == b"\x8f\xcd"]
            return {number: at for data in found for number, at in decode(data)[1].items()}

        await until(lambda: len(told()) == 5, what="five numbers are reported")
        assert [number for number, at in told().items() if at is None] == [0]
        await until(lambda: camera.reported() != set())

    play(story)


def test_a_limit_is_told_for_the_pictures_that_are_sent(play: Play) -> None:
    async def story(camera: Camera) -> None:
        screen = Encoding("", 0x2001, mid="1")

        def limits() -> list[int]:
            found = [p for p in camera.client.rtcp if isinstance(p, RtcpPsfbPacket) and p.fmt == 15]
            return [unpack_remb_fci(p.fci)[0] for p in found]

        def near(bits: int) -> bool:
            return bool(limits()) and limits()[-1] == pytest.approx(bits, rel=0.01)

        await camera.shown()
        await until(lambda: near(VIDEO_BITS_PER_SECOND), what="the camera's limit")
        camera.scene.grant({camera.who.participant: may_send(MediaSource.CAMERA, MediaSource.SCREEN)})
        await asyncio.sleep(0.1)
        assert near(VIDEO_BITS_PER_SECOND), "no screen is sent yet"
        told = len(limits())
        camera.send(screen.packet(keyframe=True))
        await until(lambda: len(limits()) > told, seconds=0.4, what="it is told at once")
        assert near(2 * VIDEO_BITS_PER_SECOND)
        camera.scene.grant({camera.who.participant: may_send(MediaSource.CAMERA)})
        await until(lambda: near(VIDEO_BITS_PER_SECOND), what="the screen is gone")

    play(story)
