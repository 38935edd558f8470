"""Our offer to send a room, and a client's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc import RTCDtlsFingerprint

from lti_room.media.sfu.sdp.common import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    OPUS_TYPE,
    VP8_TYPE,
    Transport,
    bad_sdp,
    check_bundle,
    codec_lines,
    fingerprints_of,
    parse,
    session_lines,
    setup_of,
    transport_lines,
)

ABS_SEND_TIME_ID: Final = 2
AUDIO_LEVEL_ID: Final = 3
TRANSPORT_SEQUENCE_ID: Final = 4


@dataclass(frozen=True)
class SubscribeAnswer:
    """A client's answer to our offer: the m-lines (by mid) it agreed to receive."""

    fingerprints: tuple[RTCDtlsFingerprint, ...]
    receiving: frozenset[str]


@dataclass(frozen=True)
class OfferedStream:
    """What an active m-line of our offer carries."""

    participant: str
    source: str
    ssrc: int


@dataclass(frozen=True)
class OfferedMedia:
    """One m-line of a subscribe offer; without a stream it is inactive."""

    mid: str
    kind: str
    stream: OfferedStream | None


def read_subscribe_answer(text: str, offered: int) -> SubscribeAnswer:
    """Read a client's answer to an offer of `offered` m-lines.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    described = parse(text)
    if len(described.media) != offered:
        raise bad_sdp("The answer does not match the offer.")
    check_bundle(described)
    if any(setup_of(media) != "client" for media in described.media if media.port):
        raise bad_sdp("The answer must take the active DTLS role.")
    receiving = (
        media.rtp.muxId
        for media in described.media
        if media.port
        and media.direction in {"recvonly", "sendrecv"}
        and (OPUS_TYPE if media.kind == "audio" else VP8_TYPE) in media.fmt
    )
    return SubscribeAnswer(fingerprints_of(described), frozenset(receiving))


def write_subscribe_offer(media: Sequence[OfferedMedia], transport: Transport, version: int) -> str:
    """Return our offer to send these m-lines; their order never changes between versions."""
    lines = session_lines(transport, version, [line.mid for line in media])
    lines.append("a=msid-semantic:WMS *")
    for line in media:
        lines += _offered(line, transport)
    return "\r\n".join(lines) + "\r\n"


def _offered(line: OfferedMedia, transport: Transport) -> list[str]:
    payload_type = OPUS_TYPE if line.kind == "audio" else VP8_TYPE
    extensions = [f"a=extmap:{ABS_SEND_TIME_ID} {ABS_SEND_TIME}"]
    if line.kind == "audio":
        extensions.append(f"a=extmap:{AUDIO_LEVEL_ID} {AUDIO_LEVEL}")
    lines = [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {payload_type}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *transport_lines(transport, "actpass"),
        f"a=mid:{line.mid}",
        "a=sendonly" if line.stream else "a=inactive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *extensions,
        *codec_lines(line.kind, payload_type),
    ]
    if line.stream is not None:
        stream = line.stream
        lines += [
            f"a=msid:{stream.participant} {stream.source}",
            f"a=ssrc:{stream.ssrc} cname:{stream.participant}",
        ]
    return lines
