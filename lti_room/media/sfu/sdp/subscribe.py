"""Our offer to send a room, and a client's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc import RTCDtlsFingerprint

from lti_room.media.sfu.sdp.common import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    OPUS_RATE,
    OPUS_TYPE,
    TRANSPORT_SEQUENCE,
    VIDEO_RATE,
    VP8_TYPE,
    Transport,
    bad_sdp,
    check_bundle,
    fingerprints_of,
    parse,
    session_lines,
    setup_of,
    transport_lines,
)

ABS_SEND_TIME_ID: Final = 2
AUDIO_LEVEL_ID: Final = 3
TRANSPORT_SEQUENCE_ID: Final = 4
RESEND_TYPE: Final = 97
_PICTURE_FEEDBACK: Final = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli", "rrtr")


@dataclass(frozen=True)
class SubscribeAnswer:
    """A client's answer to our offer: the m-lines (by mid) it agreed to receive."""

    fingerprints: tuple[RTCDtlsFingerprint, ...]
    receiving: frozenset[str]


@dataclass(frozen=True)
class OfferedStream:
    """What an active m-line of our offer carries; pictures are sent again under `resend_ssrc`."""

    participant: str
    source: str
    ssrc: int
    resend_ssrc: int


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
    described = parse(text, offered)
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
    sound = line.kind == "audio"
    payload_types = f"{OPUS_TYPE}" if sound else f"{VP8_TYPE} {RESEND_TYPE}"
    return [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {payload_types}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *transport_lines(transport, "actpass"),
        f"a=mid:{line.mid}",
        "a=sendonly" if line.stream else "a=inactive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=extmap:{ABS_SEND_TIME_ID} {ABS_SEND_TIME}",
        *(_SOUND if sound else _PICTURES),
        *(_stream_lines(line.stream, sound) if line.stream else ()),
    ]


_SOUND: Final = (
    f"a=extmap:{AUDIO_LEVEL_ID} {AUDIO_LEVEL}",
    f"a=rtpmap:{OPUS_TYPE} opus/{OPUS_RATE}/2",
    f"a=fmtp:{OPUS_TYPE} minptime=10;useinbandfec=1;usedtx=1",
)
_PICTURES: Final = (
    f"a=extmap:{TRANSPORT_SEQUENCE_ID} {TRANSPORT_SEQUENCE}",
    f"a=rtpmap:{VP8_TYPE} VP8/{VIDEO_RATE}",
    *(f"a=rtcp-fb:{VP8_TYPE} {feedback}" for feedback in _PICTURE_FEEDBACK),
    f"a=rtpmap:{RESEND_TYPE} rtx/{VIDEO_RATE}",
    f"a=fmtp:{RESEND_TYPE} apt={VP8_TYPE}",
)


def _stream_lines(stream: OfferedStream, sound: bool) -> list[str]:
    lines = [f"a=msid:{stream.participant} {stream.source}"]
    ssrcs = [stream.ssrc] if sound else [stream.ssrc, stream.resend_ssrc]
    if not sound:
        lines.append(f"a=ssrc-group:FID {stream.ssrc} {stream.resend_ssrc}")
    return [*lines, *(f"a=ssrc:{ssrc} cname:{stream.participant}" for ssrc in ssrcs)]
