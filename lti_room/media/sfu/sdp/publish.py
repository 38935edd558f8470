"""A client's offer to send, and our answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiortc import RTCDtlsFingerprint
from aiortc.sdp import MediaDescription

from lti_room.media.backend import MediaSource
from lti_room.media.sfu.sdp.common import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
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

MOST_PUBLISHED: Final = 8
_PUBLISH_EXTENSIONS: Final = (MID, AUDIO_LEVEL, ABS_SEND_TIME)


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


def read_publish_offer(text: str) -> PublishOffer:
    """Read a client's publish offer.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    described = parse(text)
    if not 0 < len(described.media) <= MOST_PUBLISHED:
        raise bad_sdp("The offer has too few or too many media.")
    check_bundle(described)
    if not any(setup_of(media) in {"auto", "server", "client"} for media in described.media):
        raise bad_sdp("The offer names no DTLS role.")
    return PublishOffer(fingerprints_of(described), tuple(map(_published, described.media)))


def check_sources(offer: PublishOffer, sources: Mapping[str, MediaSource]) -> None:
    """Grants go by source: sound must not pass for a camera, nor one source be sent twice.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    if len(set(sources.values())) != len(sources):
        raise bad_sdp("A source is named twice.")
    if any(media.mid in sources and media.kind != sources[media.mid].kind for media in offer.media):
        raise bad_sdp("A source does not fit its medium.")


def write_publish_answer(offer: PublishOffer, transport: Transport) -> str:
    """Return our answer: we receive what has a codec of ours, and reject the rest."""
    accepted = [media.mid for media in offer.media if media.payload_type is not None]
    lines = session_lines(transport, 1, accepted)
    for media in offer.media:
        lines += _rejected(media) if media.payload_type is None else _accepted(media, transport)
    return "\r\n".join(lines) + "\r\n"


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
        *transport_lines(transport, "passive"),
        f"a=mid:{media.mid}",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *(f"a=extmap:{media.extensions[uri]} {uri}" for uri in used),
        *codec_lines(media.kind, media.payload_type),
    ]
