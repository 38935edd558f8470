"""What both directions share: reading hostile text with aiortc's parser, and the lines of our side.

aiortc's parser meets hostile text with AssertionError, StopIteration, KeyError and more, so it is wrapped
whole. It also takes time and memory that grow with the square of what it is given (seconds for 60,000
characters), so it only gets the lines that are used, and not too many of each.
RFC 8829 (JSEP), RFC 9143 (BUNDLE), RFC 8839 (ICE), RFC 8842 (DTLS).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc import RTCDtlsFingerprint
from aiortc.sdp import MediaDescription, SessionDescription

from lti_room.base.settings import Address
from lti_room.media.backend import MediaError, MediaErrorCode

LONGEST: Final = 60_000
MOST_OF_A_KIND: Final = 128
MOST_CODECS: Final = 64
"""Lines of one attribute that a section may have; Chromium writes 51 `rtcp-fb` and 23 `rtpmap`."""
OPUS_TYPE: Final = 111
OPUS_RATE: Final = 48_000
VP8_TYPE: Final = 96
VIDEO_RATE: Final = 90_000

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_SEQUENCE: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
_USED: Final = frozenset(
    (
        *("mid", "group", "setup", "fingerprint", "rtcp-mux", "rtpmap", "fmtp", "rtcp-fb", "extmap"),
        *("ssrc", "ssrc-group"),
        *_DIRECTIONS,
    )
)
_MOST: Final = {"rtpmap": MOST_CODECS, "fingerprint": 8, "group": 8}


@dataclass(frozen=True)
class Transport:
    """What our side of a peer connection says of itself. `session` tells connections apart (`o=`)."""

    session: int
    username: str
    password: str
    fingerprint: str
    candidates: tuple[Address, ...]


def parse(text: str, most_media: int) -> SessionDescription:
    """Parse a description, whatever it is.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    if len(text) > LONGEST:
        raise bad_sdp("The session description is too long.")
    used = [line for section in _sections(text, most_media) for line in section]
    try:
        return SessionDescription.parse("\r\n".join(used))
    except Exception as error:  # the parser's own asserts and lookups, see above
        raise bad_sdp("The session description cannot be read.") from error


def _sections(text: str, most_media: int) -> list[list[str]]:
    """Return the lines that are used, by section; the first is what stands above all media."""
    sections: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([line])
        elif line.startswith("a=") and _attribute(line) in _USED:
            sections[-1].append(line)
    if len(sections) > most_media + 1:
        raise bad_sdp("The session description has too many media.")
    for section in sections:
        counted = Counter(map(_attribute, section))
        if any(count > _MOST.get(name, MOST_OF_A_KIND) for name, count in counted.items()):
            raise bad_sdp("The session description has too many lines of a kind.")
    return sections


def _attribute(line: str) -> str:
    return line[2:].partition(":")[0]


def check_bundle(described: SessionDescription) -> None:
    """Every medium has a mid of its own and shares one transport.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    mids = [media.rtp.muxId or "" for media in described.media]  # None after a bare "a=mid"
    if "" in mids or len(set(mids)) != len(mids) or any(not _is_token(mid) for mid in mids):
        raise bad_sdp("Every medium needs a mid of its own.")
    bundled = {str(item) for group in described.group if group.semantic == "BUNDLE" for item in group.items}
    if any(media.port and media.rtp.muxId not in bundled for media in described.media):
        raise bad_sdp("All media must be bundled.")


def _is_token(text: str) -> bool:
    return 0 < len(text) <= 16 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def setup_of(media: MediaDescription) -> str | None:
    """Return the DTLS role a medium claims, as aiortc names it."""
    return media.dtls.role if media.dtls is not None else None


def fingerprints_of(described: SessionDescription) -> tuple[RTCDtlsFingerprint, ...]:
    """Return the certificates a description announces, each once.

    Raises:
        MediaError: `media_bad_sdp`.
    """
    found = [f for media in described.media if media.dtls for f in media.dtls.fingerprints]
    known = [f for f in found if f.algorithm.lower() in {"sha-256", "sha-384", "sha-512"}]
    if not known:
        raise bad_sdp("The session description has no usable fingerprint.")
    return tuple({(f.algorithm, f.value): f for f in known}.values())


def session_lines(transport: Transport, version: int, bundled: Sequence[str]) -> list[str]:
    """Return the lines above the first medium."""
    lines = ["v=0", f"o=- {transport.session} {version} IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    return [*lines, "a=group:BUNDLE " + " ".join(bundled)] if bundled else lines


def transport_lines(transport: Transport, setup: str) -> list[str]:
    """Return candidates, ICE credentials and certificate."""
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


def bad_sdp(sentence: str) -> MediaError:
    """Return the one error this package raises."""
    return MediaError(MediaErrorCode.BAD_SDP, sentence)
