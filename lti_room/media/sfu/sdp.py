"""Session descriptions: what browsers send, read with aiortc's parser; what we send, written here.

aiortc's parser meets hostile text with AssertionError, StopIteration, KeyError and more, so it is wrapped
whole and its input is capped. RFC 8829 (JSEP), RFC 9143 (BUNDLE), RFC 8839 (ICE), RFC 8842 (DTLS).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiortc import RTCDtlsFingerprint
from aiortc.sdp import MediaDescription, SessionDescription

from lti_room.base.settings import Address
from lti_room.media.backend import MediaError, MediaErrorCode, MediaSource

LONGEST: Final = 60_000
MOST_PUBLISHED: Final = 8
OPUS_TYPE: Final = 111
OPUS_RATE: Final = 48_000
VP8_TYPE: Final = 96
VIDEO_RATE: Final = 90_000
ABS_SEND_TIME_ID: Final = 2
AUDIO_LEVEL_ID: Final = 3

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_PUBLISH_EXTENSIONS: Final = (MID, AUDIO_LEVEL, ABS_SEND_TIME)
_OPUS_PARAMETERS: Final = "minptime=10;useinbandfec=1;usedtx=1"
_VIDEO_FEEDBACK: Final = ("goog-remb", "ccm fir", "nack pli")


def _bad(sentence: str) -> MediaError:
    return MediaError(MediaErrorCode.BAD_SDP, sentence)


@dataclass(frozen=True)
class Transport:
    """What our side of a peer connection says of itself. `session` tells connections apart (`o=`)."""

    session: int
    username: str
    password: str
    fingerprint: str
    candidates: tuple[Address, ...]


@dataclass(frozen=True)
class PublishedMedia:
    """One m-line of a publish offer. `payload_type` is None where we share no codec or it sends nothing."""

    mid: str
    kind: str
    payload_type: int | None
    ssrcs: tuple[int, ...] = ()
    extensions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishOffer:
    """A client's offer to send, in the order of its m-lines."""

    fingerprints: tuple[RTCDtlsFingerprint, ...]
    media: tuple[PublishedMedia, ...]


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


def read_publish_offer(text: str) -> PublishOffer:
    """Read a client's publish offer.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    described = _parse(text)
    if not 0 < len(described.media) <= MOST_PUBLISHED:
        raise _bad("The offer has too few or too many media.")
    _check_bundle(described)
    if not any(_setup(media) in {"auto", "server", "client"} for media in described.media):
        raise _bad("The offer names no DTLS role.")
    return PublishOffer(_fingerprints(described), tuple(map(_published, described.media)))


def check_sources(offer: PublishOffer, sources: Mapping[str, MediaSource]) -> None:
    """Grants go by source: sound must not pass for a camera, nor one source be sent twice.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    if len(set(sources.values())) != len(sources):
        raise _bad("A source is named twice.")
    if any(media.mid in sources and media.kind != sources[media.mid].kind for media in offer.media):
        raise _bad("A source does not fit its medium.")


def read_subscribe_answer(text: str, offered: int) -> SubscribeAnswer:
    """Read a client's answer to an offer of `offered` m-lines.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    described = _parse(text)
    if len(described.media) != offered:
        raise _bad("The answer does not match the offer.")
    _check_bundle(described)
    if any(_setup(media) != "client" for media in described.media if media.port):
        raise _bad("The answer must take the active DTLS role.")
    receiving = (
        media.rtp.muxId
        for media in described.media
        if media.port
        and media.direction in {"recvonly", "sendrecv"}
        and (OPUS_TYPE if media.kind == "audio" else VP8_TYPE) in media.fmt
    )
    return SubscribeAnswer(_fingerprints(described), frozenset(receiving))


def write_publish_answer(offer: PublishOffer, transport: Transport) -> str:
    """Return our answer: we receive what has a codec of ours, and reject the rest."""
    accepted = [media.mid for media in offer.media if media.payload_type is not None]
    lines = _session_lines(transport, 1, accepted)
    for media in offer.media:
        lines += _rejected(media) if media.payload_type is None else _accepted(media, transport)
    return "\r\n".join(lines) + "\r\n"


def write_subscribe_offer(media: Sequence[OfferedMedia], transport: Transport, version: int) -> str:
    """Return our offer to send these m-lines; their order never changes between versions."""
    lines = _session_lines(transport, version, [line.mid for line in media])
    lines.append("a=msid-semantic:WMS *")
    for line in media:
        lines += _offered(line, transport)
    return "\r\n".join(lines) + "\r\n"


def _parse(text: str) -> SessionDescription:
    if len(text) > LONGEST:
        raise _bad("The session description is too long.")
    try:
        return SessionDescription.parse(text)
    except Exception as error:  # the parser's own asserts and lookups, see above
        raise _bad("The session description cannot be read.") from error


def _check_bundle(described: SessionDescription) -> None:
    mids = [media.rtp.muxId for media in described.media]
    if "" in mids or len(set(mids)) != len(mids) or any(not _is_token(mid) for mid in mids):
        raise _bad("Every medium needs a mid of its own.")
    bundled = {str(item) for group in described.group if group.semantic == "BUNDLE" for item in group.items}
    if any(media.port and media.rtp.muxId not in bundled for media in described.media):
        raise _bad("All media must be bundled.")


def _is_token(text: str) -> bool:
    return 0 < len(text) <= 16 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def _setup(media: MediaDescription) -> str | None:
    return media.dtls.role if media.dtls is not None else None


def _fingerprints(described: SessionDescription) -> tuple[RTCDtlsFingerprint, ...]:
    found = [f for media in described.media if media.dtls for f in media.dtls.fingerprints]
    known = [f for f in found if f.algorithm.lower() in {"sha-256", "sha-384", "sha-512"}]
    if not known:
        raise _bad("The session description has no usable fingerprint.")
    return tuple({(f.algorithm, f.value): f for f in known}.values())


def _published(media: MediaDescription) -> PublishedMedia:
    mid, kind = media.rtp.muxId, media.kind
    wanted = {"audio": "audio/opus", "video": "video/VP8"}.get(kind)
    sends = media.port != 0 and media.direction in {None, "sendonly", "sendrecv"} and media.rtcp_mux
    types = [
        codec.payloadType for codec in media.rtp.codecs if codec.mimeType.lower() == (wanted or "").lower()
    ]
    if not sends or not types:
        return PublishedMedia(mid, kind, None)
    extensions = {e.uri: e.id for e in media.rtp.headerExtensions if 0 < e.id < 15}
    return PublishedMedia(mid, kind, types[0], _media_ssrcs(media), extensions)


def _media_ssrcs(media: MediaDescription) -> tuple[int, ...]:
    repairs = {
        int(group.items[1]) for group in media.ssrc_group if group.semantic == "FID" and len(group.items) == 2
    }
    return tuple(described.ssrc for described in media.ssrc if described.ssrc not in repairs)


def _session_lines(transport: Transport, version: int, bundled: Sequence[str]) -> list[str]:
    lines = ["v=0", f"o=- {transport.session} {version} IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    return [*lines, "a=group:BUNDLE " + " ".join(bundled)] if bundled else lines


def _transport_lines(transport: Transport, setup: str) -> list[str]:
    candidates = [
        f"a=candidate:{n} 1 udp {2130706431 - n} {address.host} {address.port} typ host"
        for n, address in enumerate(transport.candidates, 1)
    ]
    return [
        *candidates,
        "a=end-of-candidates",
        f"a=ice-ufrag:{transport.username}",
        f"a=ice-pwd:{transport.password}",
        f"a=fingerprint:{transport.fingerprint}",
        f"a=setup:{setup}",
    ]


def _codec_lines(kind: str, payload_type: int) -> list[str]:
    if kind == "audio":
        return [
            f"a=rtpmap:{payload_type} opus/{OPUS_RATE}/2",
            f"a=fmtp:{payload_type} {_OPUS_PARAMETERS}",
        ]
    return [
        f"a=rtpmap:{payload_type} VP8/{VIDEO_RATE}",
        *(f"a=rtcp-fb:{payload_type} {feedback}" for feedback in _VIDEO_FEEDBACK),
    ]


def _rejected(media: PublishedMedia) -> list[str]:
    kind = media.kind if media.kind in {"audio", "video"} else "application"
    profile, format_ = (
        ("UDP/TLS/RTP/SAVPF", "0")
        if kind != "application"
        else (
            "UDP/DTLS/SCTP",
            "webrtc-datachannel",
        )
    )
    return [f"m={kind} 0 {profile} {format_}", "c=IN IP4 0.0.0.0", f"a=mid:{media.mid}", "a=inactive"]


def _accepted(media: PublishedMedia, transport: Transport) -> list[str]:
    assert media.payload_type is not None
    used = [uri for uri in _PUBLISH_EXTENSIONS if uri in media.extensions]
    return [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {media.payload_type}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *_transport_lines(transport, "passive"),
        f"a=mid:{media.mid}",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *(f"a=extmap:{media.extensions[uri]} {uri}" for uri in used),
        *_codec_lines(media.kind, media.payload_type),
    ]


def _offered(line: OfferedMedia, transport: Transport) -> list[str]:
    payload_type = OPUS_TYPE if line.kind == "audio" else VP8_TYPE
    extensions = [f"a=extmap:{ABS_SEND_TIME_ID} {ABS_SEND_TIME}"]
    if line.kind == "audio":
        extensions.append(f"a=extmap:{AUDIO_LEVEL_ID} {AUDIO_LEVEL}")
    lines = [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {payload_type}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *_transport_lines(transport, "actpass"),
        f"a=mid:{line.mid}",
        "a=sendonly" if line.stream else "a=inactive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *extensions,
        *_codec_lines(line.kind, payload_type),
    ]
    if line.stream is not None:
        stream = line.stream
        lines += [
            f"a=msid:{stream.participant} {stream.source}",
            f"a=ssrc:{stream.ssrc} cname:{stream.participant}",
        ]
    return lines
