"""A client's offer to send, and our answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiortc import RTCDtlsFingerprint
from aiortc.sdp import MediaDescription

from lti_room.media.backend import MediaSource
from lti_room.media.sfu.sdp.common import (
    AUDIO_LEVEL,
    MID,
    OPUS_RATE,
    REPAIRED_RID,
    RID,
    TRANSPORT_SEQUENCE,
    VIDEO_RATE,
    Transport,
    bad_sdp,
    check_bundle,
    fingerprints_of,
    parse,
    session_lines,
    setup_of,
    transport_lines,
)
from lti_room.media.sfu.sdp.simulcast import accepted_rids, media_sections, offered_rids

MOST_PUBLISHED: Final = 8
PAYLOAD_TYPES: Final = range(128)
_OPUS_PARAMETERS: Final = "minptime=10;useinbandfec=1;usedtx=1"
_CODECS: Final = {"audio": "audio/opus", "video": "video/vp8"}
_EXTENSIONS: Final = {
    "audio": (MID, AUDIO_LEVEL),
    "video": (MID, RID, REPAIRED_RID, TRANSPORT_SEQUENCE),
}
"""Sound carries nothing that changes when it is sent again: without RTX a resent packet has the same SSRC and
number, and only if it is the same to the last byte does that not repeat a GCM nonce for different text."""
_FEEDBACK: Final = {"audio": ("nack",), "video": ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")}


@dataclass(frozen=True)
class PublishedMedia:
    """One m-line of a publish offer. `payload_type` is None where we share no codec or it sends nothing.

    With simulcast `rids` names the encodings, lowest first, and no SSRC is known beforehand. `repair_type` is
    the payload type of retransmissions (RFC 4588) if there are any, `extensions` the ids by URI, `feedback`
    what we and the client both know of RFC 4585.
    """

    mid: str
    kind: str
    payload_type: int | None
    repair_type: int | None = None
    ssrc: int | None = None
    repair_ssrc: int | None = None
    rids: tuple[str, ...] = ()
    extensions: Mapping[str, int] = field(default_factory=dict)
    feedback: tuple[str, ...] = ()


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
    described = parse(text, MOST_PUBLISHED)
    if not described.media:
        raise bad_sdp("The offer has no media.")
    check_bundle(described)
    if not any(setup_of(media) in {"auto", "server", "client"} for media in described.media):
        raise bad_sdp("The offer names no DTLS role.")
    sections = media_sections(text)
    media = tuple(_published(*each) for each in zip(described.media, sections, strict=True))
    return PublishOffer(fingerprints_of(described), media)


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


def _published(media: MediaDescription, section: list[str]) -> PublishedMedia:
    mid, kind = media.rtp.muxId, media.kind
    sends = media.port != 0 and media.direction in {None, "sendonly", "sendrecv"} and media.rtcp_mux
    codecs = [
        codec
        for codec in media.rtp.codecs
        if codec.mimeType.lower() == _CODECS.get(kind) and codec.payloadType in PAYLOAD_TYPES
    ]
    if not sends or not codecs:
        return PublishedMedia(mid, kind, None)
    codec = codecs[0]
    extensions = {e.uri: e.id for e in media.rtp.headerExtensions if 0 < e.id < 15}
    rids = offered_rids(section) if kind == "video" and {MID, RID} <= extensions.keys() else ()
    ssrc, repair_ssrc = (None, None) if rids else _ssrcs(media)
    said = {" ".join(filter(None, (each.type, each.parameter))) for each in codec.rtcpFeedback}
    return PublishedMedia(
        mid=mid,
        kind=kind,
        payload_type=codec.payloadType,
        repair_type=_repair_type(media, codec.payloadType),
        ssrc=ssrc,
        repair_ssrc=repair_ssrc,
        rids=rids,
        extensions={uri: extensions[uri] for uri in _EXTENSIONS[kind] if uri in extensions},
        feedback=tuple(feedback for feedback in _FEEDBACK[kind] if feedback in said),
    )


def _repair_type(media: MediaDescription, payload_type: int | None) -> int | None:
    found = (
        codec.payloadType
        for codec in media.rtp.codecs
        if codec.mimeType.lower() == "video/rtx"
        and codec.parameters.get("apt") == payload_type != codec.payloadType
        and codec.payloadType in PAYLOAD_TYPES
    )
    return next(found, None)


def _ssrcs(media: MediaDescription) -> tuple[int | None, int | None]:
    """Return the SSRC of the one encoding and that of its retransmissions, where they are announced."""
    pairs = [group.items for group in media.ssrc_group if group.semantic == "FID" and len(group.items) == 2]
    repairs = {int(second): int(first) for first, second in pairs}
    announced = [each.ssrc for each in media.ssrc if 0 < each.ssrc < 1 << 32]
    ssrc = next((each for each in announced if each not in repairs), None)
    return ssrc, next((each for each in announced if repairs.get(each) == ssrc), None)


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
    types = [str(each) for each in (media.payload_type, media.repair_type) if each is not None]
    return [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(types)}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *transport_lines(transport, "passive"),
        f"a=mid:{media.mid}",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *(f"a=extmap:{number} {uri}" for uri, number in media.extensions.items()),
        *_codec_lines(media),
        *accepted_rids(media.rids),
    ]


def _codec_lines(media: PublishedMedia) -> list[str]:
    number, repair = media.payload_type, media.repair_type
    feedback = [f"a=rtcp-fb:{number} {each}" for each in media.feedback]
    if media.kind == "audio":
        return [f"a=rtpmap:{number} opus/{OPUS_RATE}/2", f"a=fmtp:{number} {_OPUS_PARAMETERS}", *feedback]
    lines = [f"a=rtpmap:{number} VP8/{VIDEO_RATE}", *feedback]
    if repair is not None:
        lines += [f"a=rtpmap:{repair} rtx/{VIDEO_RATE}", f"a=fmtp:{repair} apt={number}"]
    return lines
