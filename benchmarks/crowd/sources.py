"""Synthetic RTP of a page that publishes: a voice, and a camera as simulcast encodings. Pure.

Rates are those of the room's camera profile (`static/js/media/publish.js`). Payloads are random but for the
VP8 descriptor and the bit that tells keyframes: a media server looks no deeper.
"""

import os
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

OPUS, VP8 = 111, 96
MID_ID, LEVEL_ID, TRANSPORT_ID, RID_ID = 4, 1, 3, 10
MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
RID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
TRANSPORT_URI: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
LOUD_LEVEL: Final = 20
SILENT_LEVEL: Final = 127
VOICE_SECONDS: Final = 0.02
DTX_SECONDS: Final = 0.4

_HEADER: Final = Struct("!BBHIIHH")
_DESCRIPTOR: Final = Struct("!BBHB")
_RANDOM: Final = os.urandom(2048)


def _ssrc() -> int:
    return int.from_bytes(os.urandom(4), "big") | 1


@dataclass
class Numbers:
    """The transport-wide numbers of one page."""

    next: int = 0

    def take(self) -> int:
        """Return the next one, 16 bits."""
        self.next += 1
        return self.next & 0xFFFF


@dataclass
class Voice:
    """A microphone. A silent one sends as Opus with DTX does: a packet every 0.4 s."""

    mid: str
    loud: bool
    ssrc: int = field(default_factory=_ssrc)
    sequence: int = 100

    @property
    def interval(self) -> float:
        """Seconds between packets."""
        return VOICE_SECONDS if self.loud else DTX_SECONDS

    def packets(self) -> list[bytes]:
        """Return what is due now: one packet."""
        self.sequence += 1
        level = LOUD_LEVEL if self.loud else SILENT_LEVEL
        block = bytes([MID_ID << 4 | len(self.mid) - 1]) + self.mid.encode() + bytes([LEVEL_ID << 4, level])
        block += bytes(-len(block) % 4)
        stamp = int(self.sequence * self.interval * 48_000)
        head = _HEADER.pack(
            0x90, OPUS, self.sequence & 0xFFFF, stamp & 0xFFFFFFFF, self.ssrc, 0xBEDE, len(block) // 4
        )
        return [head + block + _RANDOM[: 90 if self.loud else 3]]


@dataclass(frozen=True)
class Profile:
    """One encoding: frames per second and how each is cut."""

    rid: str
    rate: int
    packets: int
    payload: int

    @property
    def bits_per_second(self) -> int:
        """Payload bits per second."""
        return self.rate * self.packets * self.payload * 8


LAYERS: Final = {
    "l": Profile("l", 15, 1, 1150),
    "m": Profile("m", 30, 2, 1040),
    "h": Profile("h", 30, 7, 1010),
}
"""About 140 kb/s, 500 kb/s and 1.7 Mb/s."""


@dataclass
class Encoding:
    """One encoding of a camera."""

    mid: str
    profile: Profile
    numbers: Numbers
    ssrc: int = field(default_factory=_ssrc)
    active: bool = True
    keyframe: bool = True
    sequence: int = 1000
    picture: int = 0

    @property
    def interval(self) -> float:
        """Seconds between frames."""
        return 1 / self.profile.rate

    def activate(self, active: bool) -> None:
        """Send, or hold back; what begins again begins with a keyframe."""
        self.keyframe = self.keyframe or (active and not self.active)
        self.active = active

    def packets(self) -> list[bytes]:
        """Return the next frame, nothing while it is held back."""
        if not self.active:
            return []
        keyframe, self.keyframe = self.keyframe, False
        self.picture += 1
        return [self._packet(n, keyframe) for n in range(self.profile.packets)]

    def _packet(self, n: int, keyframe: bool) -> bytes:
        self.sequence += 1
        mid, rid = self.mid.encode(), self.profile.rid.encode()
        block = b"".join(
            bytes([identity << 4 | len(value) - 1]) + value
            for identity, value in (
                (MID_ID, mid),
                (RID_ID, rid),
                (TRANSPORT_ID, self.numbers.take().to_bytes(2, "big")),
            )
        )
        block += bytes(-len(block) % 4)
        kind = VP8 | (0x80 if n == self.profile.packets - 1 else 0)
        stamp = self.picture * 90_000 // self.profile.rate
        head = _HEADER.pack(
            0x90, kind, self.sequence & 0xFFFF, stamp & 0xFFFFFFFF, self.ssrc, 0xBEDE, len(block) // 4
        )
        start, frame = (0x90 if n == 0 else 0x80), (0x10 if keyframe else 0x11)
        descriptor = _DESCRIPTOR.pack(start, 0x80, 0x8000 | self.picture & 0x7FFF, frame)
        return head + block + descriptor + _RANDOM[: self.profile.payload - len(descriptor)]


def offer(transport: list[str], voice_mid: str, camera_mid: str, rids: list[str]) -> str:
    """Return the SDP of a page that sends a microphone and a camera with these encodings, as Chromium's."""
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {voice_mid} {camera_mid}"]
    extensions = {MID_ID: MID_URI}
    lines += [
        f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}",
        "c=IN IP4 0.0.0.0",
        *transport,
        f"a=mid:{voice_mid}",
        "a=sendonly",
        f"a=rtpmap:{OPUS} opus/48000/2",
        *(f"a=extmap:{n} {uri}" for n, uri in {**extensions, LEVEL_ID: LEVEL_URI}.items()),
        f"m=video 9 UDP/TLS/RTP/SAVPF {VP8}",
        "c=IN IP4 0.0.0.0",
        *transport,
        f"a=mid:{camera_mid}",
        "a=sendonly",
        f"a=rtpmap:{VP8} VP8/90000",
        *(f"a=rtcp-fb:{VP8} {what}" for what in ("transport-cc", "ccm fir", "nack", "nack pli")),
        *(
            f"a=extmap:{n} {uri}"
            for n, uri in {**extensions, RID_ID: RID_URI, TRANSPORT_ID: TRANSPORT_URI}.items()
        ),
        *(f"a=rid:{rid} send" for rid in rids),
        "a=simulcast:send " + ";".join(rids),
    ]
    return "\r\n".join(lines) + "\r\n"
