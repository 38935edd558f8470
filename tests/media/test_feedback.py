"""What a subscriber's RTCP says: real messages are understood, hostile ones are left out."""

import itertools
from struct import pack

from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    pack_remb_fci,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_room.media.sfu.congestion.samples import Samples
from lti_room.media.sfu.congestion.silence import Unanswered
from lti_room.media.sfu.formats import feedback, rtcp
from lti_room.media.sfu.formats.feedback import Statuses
from lti_room.media.sfu.publishing.arrivals import Arrivals


def _only(data: bytes) -> feedback.Part:
    (part,) = feedback.parts(data)
    return part


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40, unique=True))
def test_a_nack_names_what_was_lost(numbers: list[int]) -> None:
    numbers.sort()
    part = _only(bytes(RtcpRtpfbPacket(1, 5, 77, numbers)))
    assert (part.kind, part.format, part.media_ssrc) == (205, 1, 77)
    assert feedback.lost_numbers(part) == numbers


def test_a_nack_of_thousands_is_read_in_part() -> None:
    body = pack("!II", 1, 2) + pack("!HH", 10, 0xFFFF) * 600
    part = _only(pack("!BBH", 0x81, 205, len(body) // 4) + body)
    assert len(feedback.lost_numbers(part)) == feedback.MOST_NUMBERS


def test_report_blocks_are_read_as_written() -> None:
    info = RtcpReceiverInfo(7, 3, -5, 70_000, 9, 0xABCD, 65_536 // 2)
    part = _only(bytes(RtcpRrPacket(1, [info, info])))
    block = feedback.Block(7, -5, 70_000, 0xABCD, 0.5)
    assert feedback.report_blocks(part) == [block, block]


def test_a_report_that_promises_more_blocks_than_it_has_is_read_as_far_as_it_goes() -> None:
    whole = bytearray(bytes(RtcpRrPacket(1, [RtcpReceiverInfo(7, 0, 0, 1, 0, 0, 0)])))
    whole[0] |= 31
    assert len(feedback.report_blocks(_only(bytes(whole)))) == 1


def test_a_receivers_time_is_found_among_other_blocks_and_answered() -> None:
    other, time = pack("!BBHI", 1, 0, 1, 9), pack("!BBHII", 4, 0, 2, 0xAAAABBBB, 0xCCCCDDDD)
    body = pack("!I", 77) + other + time
    part = _only(pack("!BBH", 0x80, 207, len(body) // 4) + body)
    assert part.kind == feedback.EXTENDED_REPORT
    assert feedback.receiver_time(part) == (77, 0xBBBBCCCC)
    answer = _only(rtcp.time_answer(5, 77, 0xBBBBCCCC, 0.25))
    assert answer == feedback.Part(207, 0, pack("!IBBHIII", 5, 5, 0, 3, 77, 0xBBBBCCCC, 1 << 14))


@given(st.binary(max_size=60))
def test_an_extended_report_of_garbage_says_no_time_or_one(body: bytes) -> None:
    found = feedback.receiver_time(feedback.Part(feedback.EXTENDED_REPORT, 0, body))
    assert found is None or len(body) >= 16


@given(st.integers(0, 2**30))
def test_a_remb_is_read_to_its_precision(bits: int) -> None:
    part = _only(bytes(RtcpPsfbPacket(15, 1, 0, pack_remb_fci(bits, [2]))))
    found = feedback.bandwidth(part)
    assert found is not None
    assert bits * (1 - 1 / (1 << 16)) - 1 <= found <= bits


def test_keyframe_requests_of_both_kinds_are_understood() -> None:
    assert feedback.wanted_keyframes(_only(bytes(RtcpPsfbPacket(1, 1, 9)))) == [9]
    fir = RtcpPsfbPacket(4, 1, 0, pack("!IIII", 8, 0, 9, 0))
    assert feedback.wanted_keyframes(_only(bytes(fir))) == [8, 9]


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 400)), min_size=1, max_size=120), st.data())
@settings(max_examples=100, deadline=None)
def test_arrivals_are_read_as_another_writer_puts_them(
    steps: list[tuple[int, int]], data: st.DataObject
) -> None:
    """`steps`: how far the next number is from the last, and how many milliseconds later it came."""
    written = Arrivals(1)
    number, now = data.draw(st.integers(0, 0xFFFF)), 1000.0
    came: dict[int, float] = {}
    for step, wait in steps:
        number, now = number + step, now + wait / 1000
        came[number] = now
        written.add(number & 0xFFFF, now)
    found: dict[int, float] = {}
    for packet in written.feedback(5):
        statuses = feedback.arrivals(_only(packet))
        assert statuses is not None
        for n, arrived in enumerate(statuses.arrived):
            if arrived is not None:
                found[statuses.base + n & 0xFFFF] = statuses.reference_seconds + arrived
    expected = {number & 0xFFFF: at for number, at in came.items()}
    assert found.keys() == expected.keys()
    drift = {round((found[number] - expected[number]) * 2000) for number in found}
    assert max(drift) - min(drift) <= 1, "to half a millisecond, but for where the clock begins"


def test_large_and_negative_deltas_and_both_vectors_are_read() -> None:
    one_bit = _arrivals(
        pack("!IIHHI", 1, 2, 65_534, 14, 3 << 8) + pack("!H", 0x8000 | 1 << 13 | 1) + b"\x04\x08"
    )
    assert one_bit is not None
    assert one_bit.arrived[0] == 0.001
    assert one_bit.arrived[13] == 0.003
    assert one_bit.arrived[1:13] == [None] * 12
    assert (one_bit.base, one_bit.reference) == (65_534, 3)
    two_bit = _arrivals(
        pack("!IIHHI", 1, 2, 1, 3, 0)
        + pack("!H", 0xC000 | 2 << 12 | 1 << 10 | 2 << 8)
        + pack("!hBh", 400, 4, -40)
    )
    assert two_bit is not None
    assert two_bit.arrived == [0.1, 0.101, 0.091]
    run = _arrivals(pack("!IIHHI", 1, 2, 1, 3, 0) + pack("!H", 1 << 13 | 3) + b"\x04\x00\x04")
    assert run is not None
    assert run.arrived == [0.001, 0.001, 0.002]


def _arrivals(body: bytes) -> Statuses | None:
    body += bytes(-len(body) % 4)
    return feedback.arrivals(_only(pack("!BBH", 0x8F, 205, len(body) // 4) + body))


def test_malformed_arrivals_are_left_out() -> None:
    head = pack("!IIHHI", 1, 2, 1, 100, 0)
    assert _arrivals(head) is None, "no chunk"
    assert _arrivals(head + pack("!H", 0)) is None, "a run of nothing would never end"
    assert _arrivals(head + pack("!H", 1 << 13 | 100) + bytes(50)) is None, "fewer deltas than arrivals"
    assert _arrivals(head + pack("!H", 3 << 13 | 100)) is None, "a symbol that does not exist"
    assert _arrivals(pack("!IIHHI", 1, 2, 1, 60_000, 0) + pack("!H", 8191) * 8) is None, "too many"
    assert _arrivals(b"\0" * 8) is None


@given(st.binary(max_size=200), st.sampled_from([200, 201, 205, 206]), st.integers(0, 31))
@settings(max_examples=500, deadline=None)
def test_arbitrary_bytes_never_raise(body: bytes, kind: int, count: int) -> None:
    body = body[: len(body) // 4 * 4]
    data = pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
    for part in [*feedback.parts(data), *feedback.parts(body)]:
        feedback.report_blocks(part)
        feedback.lost_numbers(part)
        feedback.wanted_keyframes(part)
        feedback.bandwidth(part)
        statuses = feedback.arrivals(part)
        if statuses is not None:
            samples = Samples()
            samples.next = 40
            samples.sent(0, 1.0, (100,) * 40)
            samples.reported(statuses)


def test_samples_are_handed_over_once_and_in_the_order_of_leaving() -> None:
    samples = Samples()
    for n in range(3):
        samples.sent(samples.next, float(n), (100 + n, 200 + n), probe=n == 2)
        samples.next += 2
    first = samples.reported(Statuses(0, 10, (0.0, None, 0.25)))
    assert [(s.sent, s.arrived, s.size, s.probe) for s in first] == [
        (0.0, 0.64, 100, False),
        (0.0, None, 200, False),
        (1.0, 0.89, 101, False),
    ]
    waiting = samples.unanswered
    assert waiting == Unanswered(2, 1.0, 2.0)
    second = samples.reported(Statuses(2, 10, (0.25, 0.5, 0.5, 0.5, 0.5)))
    assert [(s.sent, s.size, s.probe) for s in second] == [
        (1.0, 201, False),
        (2.0, 102, True),
        (2.0, 202, True),
    ]
    assert samples.unanswered.bursts == 0
    assert samples.reported(Statuses(0, 10, (0.0,) * 6)) == []


def test_samples_live_through_wraps_of_number_and_clock() -> None:
    samples = Samples()
    samples.next = 65_530
    arrived: list[float] = []
    for n in range(6):
        samples.sent(samples.next, float(n), (100,) * 4)
        samples.next += 4
        reference = (1 << 24) - 3 + n & 0xFFFFFF
        found = samples.reported(Statuses(samples.next - 4 & 0xFFFF, reference, (0.0,) * 4))
        assert [sample.sent for sample in found] == [float(n)] * 4
        arrived.append(found[0].arrived or 0.0)
    steps = [round(b - a, 3) for a, b in itertools.pairwise(arrived)]
    assert steps == [0.064] * 5


def test_what_a_lost_feedback_told_is_nobodys_loss() -> None:
    samples = Samples()
    for n in range(3):
        samples.sent(samples.next, float(n), (100,))
        samples.next += 1
    found = samples.reported(Statuses(2, 1, (0.0,)))
    assert [sample.sent for sample in found] == [2.0]
    assert samples.unanswered.bursts == 0
