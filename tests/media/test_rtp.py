"""RTP and VP8 as they lie in memory; serial numbers; hostile bytes."""

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from hypothesis import assume, given
from hypothesis import strategies as st

from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.sdp.common import AUDIO_LEVEL, MID

EXTENSIONS = HeaderExtensionsMap()
EXTENSIONS.configure(
    RTCRtpParameters(
        headerExtensions=[
            RTCRtpHeaderExtensionParameters(id=1, uri=AUDIO_LEVEL),
            RTCRtpHeaderExtensionParameters(id=4, uri=MID),
        ]
    )
)


@given(
    marker=st.booleans(),
    kind=st.integers(0, 127),
    sequence=st.integers(0, 65535),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    csrc=st.lists(st.integers(0, 2**32 - 1), max_size=15),
    payload=st.binary(max_size=50),
    padding=st.integers(0, 255),
    mid=st.none() | st.text("abc", min_size=1, max_size=30),
)
def test_parsing_agrees_with_aiortc(
    marker: bool,
    kind: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    csrc: list[int],
    payload: bytes,
    padding: int,
    mid: str | None,
) -> None:
    packet = RtpPacket(kind, int(marker), sequence, timestamp, ssrc, payload)
    packet.csrc, packet.padding_size = csrc, padding
    packet.extensions.mid = mid
    packet.extensions.audio_level = (True, 23) if mid else None
    found = rtp.parse(packet.serialize(EXTENSIONS))
    assert (found.marker, found.payload_type, found.sequence, found.timestamp, found.ssrc) == (
        *(marker, kind, sequence, timestamp, ssrc),
    )
    assert found.data[found.payload_start : found.payload_end] == payload
    assert found.payload_length == len(payload)
    extensions = found.extensions()
    assert extensions == ({1: bytes([0x80 | 23]), 4: mid.encode()} if mid else {})


@given(st.binary(max_size=80))
def test_hostile_bytes_are_malformed_or_parsed_within_bounds(data: bytes) -> None:
    try:
        packet = rtp.parse(data)
        packet.extensions()
    except rtp.MalformedPacket:
        return
    assert 12 <= packet.payload_start <= packet.payload_end <= len(data)


@given(st.binary(min_size=1, max_size=30))
def test_vp8_descriptors_agree_with_aiortc(payload: bytes) -> None:
    try:
        mine = rtp.parse_vp8(payload)
    except rtp.MalformedPacket:
        return
    try:
        theirs, rest = VpxPayloadDescriptor.parse(payload)
    except ValueError:
        return
    assert mine.length == len(payload) - len(rest)
    assert mine.starts_frame == (theirs.partition_start == 1 and theirs.partition_id & 7 == 0)
    assert (mine.picture_id if mine.picture_id_at else None) == theirs.picture_id
    assert (payload[mine.tl0_at] if mine.tl0_at else None) == (
        theirs.tl0picidx if theirs.tl0picidx is not None else None
    )


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        pytest.param("10 10 00 00", True, id="no-extension"),
        pytest.param("10 11 00 00", False, id="delta-frame"),
        pytest.param("00 10 00 00", False, id="not-the-start"),
        pytest.param("11 10 00 00", False, id="second-partition"),
        pytest.param("90 80 05 10", True, id="short-picture-id"),
        pytest.param("90 80 85 01 10", True, id="long-picture-id"),
        pytest.param("90 e0 85 01 07 20 10", True, id="everything"),
    ],
)
def test_keyframes(payload: str, keyframe: bool) -> None:
    assert rtp.parse_vp8(bytes.fromhex(payload)).keyframe is keyframe


@given(st.integers(0, 2**40), st.integers(-32767, 32767))
def test_unwrapping_finds_the_nearest(near: int, step: int) -> None:
    assume(near + step >= 0)
    assert rtp.extend((near + step) & 0xFFFF, near) == near + step


@given(st.lists(st.booleans(), max_size=200))
def test_eaten_packets_leave_no_hole(eaten: list[bool]) -> None:
    numbers = rtp.Renumbering()
    out = []
    for sequence, is_eaten in enumerate(eaten, 100):
        if is_eaten:
            numbers.eat(sequence)
        else:
            out.append(numbers.map(sequence))
    assert out == list(range(100, 100 + len(out)))


def test_a_late_packet_keeps_its_place_and_a_real_gap_stays() -> None:
    numbers = rtp.Renumbering()
    assert numbers.map(10) == 10
    numbers.eat(12)
    assert numbers.map(13) == 12
    assert numbers.map(11) == 11, "it was on the way while 12 was eaten"
    assert numbers.map(16) == 15, "14 and 15 were lost"


def test_a_late_padding_packet_moves_nothing_onto_its_neighbours_number() -> None:
    numbers = rtp.Renumbering()
    assert numbers.map(13) == 13
    numbers.eat(12)
    assert numbers.map(14) == 14
