"""The pure readers of RTP and RTCP: whatever comes, they say what it is, or that it is nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lti_room.media.sfu.formats import feedback, rtcp, rtp
from lti_room.media.sfu.formats.feedback import MOST_NUMBERS, MOST_STATUSES
from tests.media.fuzz.chance import Dice, rounds
from tests.media.fuzz.packets import Packets
from tests.media.fuzz.reports import Reports

bytes_ = st.binary(max_size=120)
quick = settings(max_examples=400, deadline=None)


def _read(data: bytes) -> rtp.Packet | None:
    try:
        packet = rtp.parse(data)
        extensions = packet.extensions()
    except rtp.MalformedPacket:
        return None
    assert 12 <= packet.payload_start <= packet.payload_end <= len(data)
    assert all(1 <= number <= 255 and len(value) <= 255 for number, value in extensions.items())
    return packet


def _describe(payload: bytes) -> None:
    try:
        found = rtp.parse_vp8(payload)
    except rtp.MalformedPacket:
        return
    assert 1 <= found.length <= len(payload)
    assert found.tl0_at < found.length
    assert found.picture_id_at + found.picture_id_wide < max(1, found.length)
    assert not found.keyframe or found.starts_frame


@given(bytes_, st.integers(0, 63))
@quick
def test_arbitrary_bytes_are_read_or_refused_as_rtp(data: bytes, flags: int) -> None:
    _read(data)
    _read(bytes((0x80 | flags,)) + data)


@given(bytes_)
@quick
def test_descriptors_point_into_their_payload(payload: bytes) -> None:
    _describe(payload)


def test_a_descriptor_that_ends_before_its_tl0picidx_is_malformed() -> None:
    """Once it made the layer read behind the payload."""
    for payload in (b"\x80\x40", b"\x97\x44", b"\x80\x60\x00", b"\x80\xc0\x80\x01"):
        try:
            rtp.parse_vp8(payload)
        except rtp.MalformedPacket:
            continue
        raise AssertionError(payload.hex())


def test_an_extension_with_number_zero_says_nothing() -> None:
    """Zero also stands for "was not negotiated"; RFC 8285 reserves it for padding."""
    head = bytes.fromhex("9060 0001 00000001 00000001 bede 0002")
    assert rtp.parse(head + bytes.fromhex("01abcd10 07000000")).extensions() == {1: b"\x07"}


def test_nearly_right_packets_are_read_or_refused(dice: Dice) -> None:
    packets = Packets(dice)
    read = 0
    for _ in range(rounds(8000)):
        dice.note = packets.next()
        packet = _read(dice.note)
        if packet is not None:
            read += 1
            _describe(dice.note[packet.payload_start : packet.payload_end])
    assert read > 2000


def _read_feedback(data: bytes) -> int:
    """Read a compound in every way; return how many parts it has."""
    count = 0
    for part in feedback.parts(data):
        count += 1
        assert 0 <= part.media_ssrc < 1 << 32
        assert len(feedback.lost_numbers(part)) <= MOST_NUMBERS
        assert all(0 <= number < 1 << 16 for number in feedback.lost_numbers(part))
        assert len(feedback.report_blocks(part)) <= 31
        feedback.wanted_keyframes(part)
        limit = feedback.bandwidth(part)
        assert limit is None or float(limit) >= 0
        statuses = feedback.arrivals(part)
        assert statuses is None or len(statuses.arrived) <= MOST_STATUSES
    return count


@given(bytes_, st.integers(0, 31), st.integers(200, 207))
@quick
def test_arbitrary_bytes_are_read_or_passed_over_as_rtcp(data: bytes, count: int, kind: int) -> None:
    _read_feedback(data)
    body = data[: len(data) & ~3]
    made = bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body
    _read_feedback(made)
    rtcp.parse(made)


def test_nearly_right_compounds_are_read_or_passed_over(dice: Dice) -> None:
    reports = Reports(dice, (1, 2, 3))
    read = 0
    for _ in range(rounds(3000)):
        dice.note = reports.next()
        read += _read_feedback(dice.note)
        rtcp.parse(dice.note)
    assert read > 1500
