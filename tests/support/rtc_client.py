"""A WebRTC client without codecs: real ICE, DTLS and SRTP over real UDP, made-up RTP inside.

It publishes synthetic VP8 and Opus packets at a given rate, and counts and keeps what arrives. Tests use it
where a browser would be too slow or too well-behaved, benchmarks where hundreds are needed. It answers
connectivity checks as well, so that it also talks to servers that are no ICE-lite.
"""

import asyncio
import contextlib
import os
import re
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import Final

from aioice import stun
from aiortc import RTCCertificate, RTCDtlsFingerprint
from aiortc.rtp import AnyRtcpPacket, RtcpPacket, RtcpPsfbPacket, RtcpSenderInfo, RtcpSrPacket

from lti_room.media.sfu.transport.dtls import Cipher, SecureTransport, fingerprint, new_certificate

OPUS, VP8 = 111, 96
LEVEL_ID, MID_ID = 1, 4
LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
_NTP_EPOCH: Final = 2_208_988_800


@dataclass(frozen=True)
class Remote:
    """What the server's SDP says: where it is and how to prove that we know it."""

    address: tuple[str, int]
    username: str
    password: str
    fingerprint: RTCDtlsFingerprint
    ssrcs: Mapping[int, str]
    repairs: Mapping[int, int]

    @staticmethod
    def read(sdp: str) -> "Remote":
        """Read the server's offer or answer; `ssrcs` maps to mids, `repairs` from theirs to the media's."""

        def first(pattern: str) -> re.Match[str]:
            found = re.search(pattern, sdp, re.M)
            assert found, f"{pattern} in {sdp}"
            return found

        candidate = first(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host")
        printed = first(r"^a=fingerprint:(\S+) (\S+)")
        ssrcs: dict[int, str] = {}
        groups = re.findall(r"^a=ssrc-group:FID (\d+) (\d+)", sdp, re.M)
        repairs = {int(repair): int(media) for media, repair in groups}
        for block in re.split(r"^m=", sdp, flags=re.M)[1:]:
            mid = re.search(r"^a=mid:(\S+)", block, re.M)
            for ssrc in re.findall(r"^a=ssrc:(\d+) ", block, re.M):
                if int(ssrc) not in repairs:
                    ssrcs[int(ssrc)] = mid[1] if mid else ""
        return Remote(
            (candidate[1], int(candidate[2])),
            first(r"^a=ice-ufrag:(\S+)")[1],
            first(r"^a=ice-pwd:(\S+)")[1],
            RTCDtlsFingerprint(printed[1], printed[2]),
            ssrcs,
            repairs,
        )


@dataclass
class Arrived:
    """One RTP packet that was received and decrypted."""

    at: float
    sequence: int
    timestamp: int
    marker: bool
    payload_type: int
    payload: bytes


@dataclass
class Received:
    """Everything that arrived under one SSRC; the packets themselves only when the client keeps them."""

    count: int = 0
    octets: int = 0
    last: float = 0.0
    packets: list[Arrived] = field(default_factory=list)


class RtcClient(asyncio.DatagramProtocol):
    """One peer connection of a client. `setup` is the DTLS role in our SDP."""

    def __init__(self, certificate: RTCCertificate | None = None, *, keep: bool = True) -> None:
        self.username = os.urandom(4).hex()
        self.password = os.urandom(12).hex()
        self.certificate = certificate or new_certificate()
        self.received: dict[int, Received] = defaultdict(Received)
        self.rtcp: list[AnyRtcpPacket] = []
        self.rtcp_bytes: list[bytes] = []
        self.on_rtcp: Callable[[AnyRtcpPacket], None] | None = None
        self.cipher: Cipher | None = None
        self.closed = asyncio.Event()
        self.sent_at = 0.0
        self._keep = keep
        self._remote: Remote | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._dtls: SecureTransport | None = None
        self._checked = asyncio.Event()
        self._checks: asyncio.Task[None] | None = None

    async def connect(self, remote: Remote, *, server: bool = False, checks: bool = True) -> None:
        """Run ICE and DTLS; `server`: wait for the other side's ClientHello.

        Raises:
            TimeoutError: no connection within 10 s.
            ConnectionError: the handshake failed.
        """
        self._remote = remote
        loop = asyncio.get_running_loop()
        local = "0.0.0.0" if not remote.address[0].startswith("127.") else "127.0.0.1"
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        bound.bind((local, 0))
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=bound)
        self._dtls = SecureTransport(self.certificate, self._send, self.closed.set, server=server)
        self._checks = asyncio.create_task(self._check(1e9 if not checks else 2.5))
        async with asyncio.timeout(10):
            await self._checked.wait()
            self.cipher = await self._dtls.handshake([remote.fingerprint])
        if self.cipher is None:
            raise ConnectionError("DTLS failed")

    @property
    def local_port(self) -> int:
        """The UDP port this client sends from."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    async def close(self, *, quietly: bool = False) -> None:
        """Go away; `quietly` without close_notify, as a browser that crashed."""
        if self._checks is not None:
            self._checks.cancel()
        if self._dtls is not None and not quietly:
            await self._dtls.stop()
        elif self._dtls is not None:
            self._transport, transport = None, self._transport
            await self._dtls.stop()
            self._transport = transport
        if self._transport is not None:
            self._transport.close()

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and send an RTP packet."""
        assert self.cipher is not None
        self.sent_at = time.monotonic()
        self._send(self.cipher.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send an RTCP packet."""
        assert self.cipher is not None
        self._send(self.cipher.protect_rtcp(packet))

    def send_raw(self, data: bytes) -> None:
        """Send a datagram as it is."""
        self._send(data)

    def request_keyframe(self, ssrc: int) -> None:
        """Send a PLI."""
        self.send_rtcp(bytes(RtcpPsfbPacket(1, 1, ssrc)))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Demultiplex what the server sent."""
        if data[0] < 4:
            self._receive_stun(data, addr)
        elif 19 < data[0] < 64 and self._dtls is not None:
            self._dtls.receive(data)
        elif self.cipher is not None and 192 <= data[1] <= 223:
            plain = self.cipher.unprotect_rtcp(data)
            self.rtcp_bytes += [plain] if plain else []
            for packet in RtcpPacket.parse(plain) if plain else ():
                self.rtcp.append(packet)
                if self.on_rtcp is not None:
                    self.on_rtcp(packet)
        elif self.cipher is not None:
            self._receive_rtp(data)

    def _receive_rtp(self, data: bytes) -> None:
        assert self.cipher is not None
        entry = self.received[unpack_from("!I", data, 8)[0]]
        entry.count += 1
        entry.octets += len(data)
        entry.last = time.monotonic()
        if not self._keep:
            return
        plain = self.cipher.unprotect(data)
        assert plain is not None, "a packet that does not decrypt"
        at = 12
        if plain[0] & 0x10:
            at += 4 + 4 * int(unpack_from("!H", plain, 14)[0])
        sequence, timestamp = unpack_from("!HI", plain, 2)
        entry.packets.append(
            Arrived(entry.last, sequence, timestamp, plain[1] > 127, plain[1] & 0x7F, plain[at:])
        )

    async def _check(self, every: float) -> None:
        assert self._remote is not None
        while not self._checked.is_set():
            self._send(self.binding_request())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._checked.wait(), 0.1)
        while True:
            await asyncio.sleep(every)
            self._send(self.binding_request())

    def binding_request(self) -> bytes:
        """Return a connectivity check that nominates this pair."""
        assert self._remote is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._remote.username}:{self.username}"
        request.attributes["PRIORITY"] = 1845501695
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._remote.password.encode())
        return bytes(request)

    def _receive_stun(self, data: bytes, addr: tuple[str, int]) -> None:
        message = stun.parse_message(data)
        if message.message_class == stun.Class.RESPONSE:
            self._checked.set()
        elif message.message_class == stun.Class.REQUEST and self._transport is not None:
            answer = stun.Message(
                stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id, {"XOR-MAPPED-ADDRESS": addr}
            )
            answer.add_message_integrity(self.password.encode())
            self._transport.sendto(bytes(answer), addr)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and self._remote is not None and not self._transport.is_closing():
            self._transport.sendto(data, self._remote.address)

    def sdp_transport(self, setup: str) -> list[str]:
        """Return the lines that every m-line of our SDP needs."""
        return [
            f"a=ice-ufrag:{self.username}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:{fingerprint(self.certificate)}",
            f"a=setup:{setup}",
            "a=rtcp-mux",
        ]

    def publish_offer(self, streams: Mapping[str, "Stream"]) -> str:
        """Return an offer to send these streams; the keys are mids."""
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(streams)]
        for mid, stream in streams.items():
            codec = ("audio", OPUS, "opus/48000/2") if stream.audio else ("video", VP8, "VP8/90000")
            lines += [
                f"m={codec[0]} 9 UDP/TLS/RTP/SAVPF {codec[1]}",
                "c=IN IP4 0.0.0.0",
                *self.sdp_transport("actpass"),
                f"a=mid:{mid}",
                "a=sendonly",
                f"a=rtpmap:{codec[1]} {codec[2]}",
                f"a=extmap:{MID_ID} {MID_URI}",
                *([f"a=extmap:{LEVEL_ID} {LEVEL_URI}"] if stream.audio else []),
                *([f"a=ssrc:{stream.ssrc} cname:test"] if stream.announced else []),
            ]
        return "\r\n".join(lines) + "\r\n"

    def subscribe_answer(self, offer: str) -> str:
        """Return an answer that accepts every active m-line."""
        blocks = re.split(r"^m=", offer, flags=re.M)
        lines = ["v=0", "o=- 2 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines += re.findall(r"^a=group:.*$", blocks[0].replace("\r", ""), re.M)
        for block in blocks[1:]:
            text = block.replace("\r", "")
            mid = re.search(r"^a=mid:(\S+)", text, re.M)
            assert mid
            lines += [
                "m=" + text.split("\n")[0],
                "c=IN IP4 0.0.0.0",
                *self.sdp_transport("active"),
                f"a=mid:{mid[1]}",
                "a=recvonly" if "a=sendonly" in text else "a=inactive",
                *re.findall(r"^a=rtpmap:.*$", text, re.M),
            ]
        return "\r\n".join(lines) + "\r\n"


@dataclass
class Stream:
    """A synthetic RTP stream. `announced`: its SSRC is in the SDP, else it must be learnt by mid.

    Every payload ends with `mark`: whoever receives it knows where it came from, whatever the SSRC says.
    """

    audio: bool
    mid: str = ""
    ssrc: int = field(default_factory=lambda: int.from_bytes(os.urandom(4), "big") | 1)
    announced: bool = True
    sequence: int = 1000
    timestamp: int = 5000
    level: int = 30
    picture: int = 0
    sent: int = 0
    mark: bytes = b""

    def packet(
        self, size: int = 0, *, keyframe: bool = False, start: bool = True, marker: bool = True
    ) -> bytes:
        """Return the next packet, `size` bytes of payload (default: 100 for sound, 1150 for pictures)."""
        if self.audio:
            payload = bytes([0xFC]) + os.urandom((size or 100) - 1 - len(self.mark)) + self.mark
            block = pack("!HHBBBB", 0xBEDE, 1, LEVEL_ID << 4, self.level, 0, 0)
        else:
            descriptor = pack("!BBH", 0x90 if start else 0x80, 0x80, 0x8000 | self.picture & 0x7FFF)
            head = bytes([0x10 if keyframe else 0x11])
            payload = descriptor + head + os.urandom((size or 1150) - 5 - len(self.mark)) + self.mark
            mid = self.mid.encode()
            block = bytes([MID_ID << 4 | len(mid) - 1]) + mid
            block += bytes(-len(block) % 4)
            block = pack("!HH", 0xBEDE, len(block) // 4) + block
        kind = (OPUS if self.audio else VP8) | (0x80 if marker else 0)
        header = pack("!BBHII", 0x90, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        self.sequence += 1
        self.sent += 1
        return header + block + payload

    def next_frame(self) -> None:
        """Move time on by 20 ms of sound or a thirtieth of a second of picture."""
        self.timestamp += 960 if self.audio else 3000
        self.picture += 1

    def padding(self) -> bytes:
        """Return a packet of nothing but padding."""
        kind = OPUS if self.audio else VP8
        header = pack("!BBHII", 0xA0, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        self.sequence += 1
        return header + bytes(199) + bytes([200])

    def sender_report(self, now: float) -> bytes:
        """Return an SR of this stream at `now` (Unix seconds)."""
        ntp = int((now + _NTP_EPOCH) * (1 << 32))
        return bytes(RtcpSrPacket(self.ssrc, RtcpSenderInfo(ntp, self.timestamp & 0xFFFFFFFF, self.sent, 0)))


async def play(
    client: RtcClient, streams: list[Stream], seconds: float, *, packets_per_frame: int = 5
) -> None:
    """Send sound at 50 packets/s and pictures at 30 frames/s, paced in real time.

    The first frame is a keyframe; after a PLI it takes two more frames until one is, as with real encoders.
    """
    frames_until_keyframe = dict.fromkeys((stream.ssrc for stream in streams), 0)

    def watch(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt == 1:
            frames_until_keyframe.setdefault(packet.media_ssrc, 2)

    client.on_rtcp = watch
    begun = time.monotonic()
    due = dict.fromkeys((stream.ssrc for stream in streams), begun)
    while time.monotonic() - begun < seconds:
        now = time.monotonic()
        for stream in streams:
            while due[stream.ssrc] <= now:
                due[stream.ssrc] += 0.02 if stream.audio else 1 / 30
                left = frames_until_keyframe.pop(stream.ssrc, None)
                _send_frame(client, stream, packets_per_frame, left == 0)
                if left:
                    frames_until_keyframe[stream.ssrc] = left - 1
        await asyncio.sleep(max(0.001, min(due.values()) - time.monotonic()))


def _send_frame(client: RtcClient, stream: Stream, packets: int, keyframe: bool) -> None:
    count = 1 if stream.audio else packets
    for n in range(count):
        first = n == 0
        client.send_rtp(stream.packet(keyframe=keyframe and first, start=first, marker=n == count - 1))
    stream.next_frame()
