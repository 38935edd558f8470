"""The two fan-outs: the same bytes from both, and nothing that goes wrong at one subscriber hurts another."""

import gc
import itertools
import os
import socket
import sys
import threading
from collections.abc import Iterator
from struct import unpack_from
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_room.base.errors import AppError
from lti_room.media.sfu.forwarding import fast
from lti_room.media.sfu.forwarding.fanout import Fanout, Outgoing
from lti_room.media.sfu.forwarding.fast import FastFanout, choose
from lti_room.media.sfu.forwarding.trains import couple, supported
from tests.support.fanned import (
    PROFILES,
    WALL,
    Offsets,
    Subscriber,
    fanned,
    picture,
    sending_socket,
)

SO_NO_CHECK = 11


@pytest.fixture(params=["python", "python in trains", "c", "c in trains"])
def fanout(request: pytest.FixtureRequest) -> Fanout:
    """Every fan-out there is."""
    made = FastFanout if request.param.startswith("c") else Fanout
    return made(trains=request.param.endswith("in trains"))


@pytest.fixture
def by() -> Iterator[socket.socket]:
    """The socket that sends."""
    with sending_socket() as bound:
        yield bound


class Subscribe(Protocol):
    """Makes a subscriber whose socket is closed when the test ends."""

    def __call__(
        self, by: socket.socket, offsets: Offsets, profile: str = ..., key: int = ...
    ) -> Subscriber: ...


@pytest.fixture
def subscribe() -> Iterator[Subscribe]:
    """Make subscribers."""
    made: list[Subscriber] = []

    def one(
        by: socket.socket, offsets: Offsets, profile: str = "AEAD_AES_256_GCM", key: int = 0
    ) -> Subscriber:
        made.append(Subscriber(by, offsets, profile, bytes([key]) * 46))
        return made[-1]

    yield one
    for each in made:
        each.socket.close()


def _same(profile: str, offsets: list[Offsets], packets: list[Outgoing], calls: int) -> None:
    """Forward by both, in `calls` calls, and compare every byte."""
    keys = [os.urandom(46) for _ in offsets]
    seen: list[tuple[list[list[bytes]], list[int], int]] = []
    for made in (Fanout(), FastFanout()):
        with sending_socket() as bound:
            there = [Subscriber(bound, each, profile, key) for each, key in zip(offsets, keys, strict=True)]
            step = -(-len(packets) // calls)
            rounds = [fanned(made, there, packets[at : at + step]) for at in range(0, len(packets), step)]
            got = [list(itertools.chain(*each)) for each in zip(*rounds, strict=True)]
            seen.append((got, [each.transport.next for each in there], made.lost))
            for each in there:
                each.socket.close()
    assert seen[0] == seen[1]
    assert all(len(each) == len(packets) for each in seen[0][0])


_offsets = st.builds(
    Offsets,
    ssrc=st.integers(1, 0xFFFFFFFF),
    sequence=st.integers(-(1 << 20), 1 << 20),
    time=st.integers(-(1 << 33), 1 << 33),
    picture=st.integers(-(1 << 16), 1 << 16),
    tl0=st.integers(-(1 << 9), 1 << 9),
    first_number=st.integers(0, 1 << 40),
)


@st.composite
def _packets(draw: st.DrawFn) -> list[Outgoing]:
    sequence = draw(st.integers(0, 1 << 34))
    made: list[Outgoing] = []
    for n in range(draw(st.integers(1, 6))):
        sound = draw(st.booleans())
        outgoing = Outgoing(
            draw(st.integers(0, 255)),
            sequence + n,
            draw(st.integers(0, 0xFFFFFFFF)),
            draw(st.binary(min_size=6, max_size=40)) * draw(st.sampled_from((1, 1, 30))),
            draw(st.none() | st.integers(0, 255)) if sound else None,
            counted=not sound and draw(st.booleans()),
        )
        made.append(outgoing if sound else _with_picture_numbers(draw, outgoing))
    return made


def _with_picture_numbers(draw: st.DrawFn, outgoing: Outgoing) -> Outgoing:
    """Write picture numbers into a payload and say where they are."""
    payload = bytearray(outgoing.payload)
    if draw(st.booleans()):
        at, wide = draw(st.integers(1, 2)), draw(st.booleans())
        number = draw(st.integers(0, 0x7FFF if wide else 0x7F))
        payload[at] = (0x8000 | number) >> 8 if wide else number
        if wide:
            payload[at + 1] = number & 0xFF
        outgoing = outgoing._replace(picture_id_at=at, picture_id_wide=wide, picture_id=number)
    if draw(st.booleans()):
        outgoing = outgoing._replace(tl0_at=draw(st.integers(4, 5)), tl0=draw(st.integers(0, 255)))
        payload[outgoing.tl0_at] = outgoing.tl0
    return outgoing._replace(payload=bytes(payload))


@given(
    st.sampled_from(sorted(PROFILES)),
    st.lists(_offsets, min_size=1, max_size=4, unique_by=lambda each: each.ssrc),
    _packets(),
    st.integers(1, 3),
)
@settings(max_examples=150, deadline=None)
def test_both_send_the_same_bytes(
    profile: str, offsets: list[Offsets], packets: list[Outgoing], calls: int
) -> None:
    _same(profile, offsets, packets, calls)


@pytest.mark.parametrize("profile", PROFILES)
def test_both_send_the_same_bytes_over_a_roll_over(profile: str) -> None:
    packets = [picture(65_500 + n, 60 + n, counted=n % 5 == 0) for n in range(80)]
    _same(
        profile,
        [Offsets(7), Offsets(8, sequence=10, time=5, picture=3, tl0=250, first_number=65_530)],
        packets,
        8,
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_stream_stays_readable_when_both_take_turns(
    profile: str, by: socket.socket, subscribe: Subscribe
) -> None:
    """The roll-over counter belongs to libsrtp, so it does not matter who sent the packet before."""
    there = subscribe(by, Offsets(9), profile)
    for n, made in zip(range(65_530, 65_550), itertools.cycle((Fanout(), FastFanout())), strict=False):
        (got,) = fanned(made, [there], [picture(n, 100)])
        assert unpack_from("!H", there.decrypt(got[0]), 2)[0] == n & 0xFFFF


def test_every_subscriber_gets_own_numbers(fanout: Fanout, by: socket.socket, subscribe: Subscribe) -> None:
    there = [subscribe(by, Offsets(n + 1, n, n * 10, n, n, n * 100), key=n) for n in range(5)]
    frame = [picture(1000 + n, 500, marker=n == 3, counted=True) for n in range(4)]
    for n, got in enumerate(fanned(fanout, there, frame)):
        assert len(got) == 4
        for m, plain in enumerate(map(there[n].decrypt, got)):
            assert unpack_from("!HII", plain, 2) == (1000 + m + n, (1000 + m) * 3000 + n * 10, n + 1)
            assert unpack_from("!H", plain, 21)[0] == n * 100 + m
            assert unpack_from("!H", plain, 26)[0] == 0x8000 | (5 << 8 | 6) + n
            assert plain[28] == 7 + n
            assert plain[29:] == frame[m].payload[5:]
        assert there[n].transport.next == n * 100 + 4


def test_a_keyframe_of_any_size_arrives_whole(
    fanout: Fanout, by: socket.socket, subscribe: Subscribe
) -> None:
    sizes = [1100, 1101, 1101, 1100, 700, 1100, 1356 - 20, 30, 1200, *[1000] * 90, 999, 12]
    frame = [picture(n, size, marker=n == len(sizes) - 1) for n, size in enumerate(sizes)]
    there = [subscribe(by, Offsets(n + 1), key=n) for n in range(3)]
    for each, got in zip(there, fanned(fanout, there, frame), strict=True):
        assert [_payload(plain) for plain in map(each.decrypt, got)] == [packet.payload for packet in frame]
    assert fanout.lost == 0


def _payload(plain: bytes) -> bytes:
    """Return a payload without its padding."""
    return plain[20 : len(plain) - plain[-1] if plain[0] & 0x20 else None]


def test_packets_of_a_train_get_one_size_where_little_is_missing() -> None:
    def sizes(*given: int) -> list[list[int]]:
        made = couple([bytes([0x90]) + os.urandom(size - 1) for size in given])
        assert [_unpadded(each) for train in made for each in train] == list(given)
        return [[len(each) for each in train] for train in made]

    assert sizes(1100, 1101, 1101, 1100) == [[1101, 1101, 1101, 1100]]
    assert sizes(1000, 500, 1000, 1000) == [[1000, 500], [1000, 1000]]
    assert sizes(500, 1000, 990, 400, 410) == [[500], [1000, 1000, 400], [410]]
    assert sizes(*[1000] * 90) == [[1000] * 40, [1000] * 40, [1000] * 10]
    assert sizes(1000) == [[1000]]
    assert sizes() == []


def _unpadded(packet: bytes) -> int:
    return len(packet) - (packet[-1] if packet[0] & 0x20 else 0)


def test_ipv6_and_another_socket_for_some(fanout: Fanout, by: socket.socket, subscribe: Subscribe) -> None:
    with sending_socket("::1") as six, sending_socket() as second:
        there = [subscribe(each, Offsets(n + 1)) for n, each in enumerate((by, six, second, second, by))]
        for each, got in zip(there, fanned(fanout, there, [picture(1, 200), picture(2, 200)]), strict=True):
            assert [len(each.decrypt(datagram)) for datagram in got] == [220, 220]


def test_a_closed_socket_and_an_unreachable_address_lose_only_their_own(
    fanout: Fanout, by: socket.socket, subscribe: Subscribe
) -> None:
    gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    gone.bind(("127.0.0.1", 0))
    there = [subscribe(by, Offsets(1)), subscribe(gone, Offsets(2)), subscribe(by, Offsets(3))]
    rows = fanout.prepare([each.row for each in there])
    gone.close()
    fanout.forward(rows, [picture(1, 100), picture(2, 100)], WALL)
    assert [len(each.datagrams(2)) for each in (there[0], there[2])] == [2, 2]
    assert fanout.lost == 2


def test_what_is_too_large_is_lost_for_everybody_and_the_rest_goes_on(
    fanout: Fanout, by: socket.socket, subscribe: Subscribe
) -> None:
    there = [subscribe(by, Offsets(n + 1)) for n in range(3)]
    got = fanned(fanout, there, [picture(1, 100), picture(2, 1337), picture(3, 1336)])
    assert [len(each) for each in got] == [2, 2, 2]
    assert fanout.lost == 3


def test_a_number_that_may_have_been_used_is_lost_for_that_subscriber_only(
    fanout: Fanout, by: socket.socket, subscribe: Subscribe
) -> None:
    """What is older than the window is refused; whatever is refused is lost, and never sent bare."""
    there = [subscribe(by, Offsets(1)), subscribe(by, Offsets(2))]
    assert [len(each) for each in fanned(fanout, there[:1], [picture(3000, 100)])] == [1]
    assert [len(each) for each in fanned(fanout, there, [picture(1900, 100), picture(3001, 100)])] == [1, 2]
    assert fanout.lost == 1


def test_nobody_and_nothing_are_fine(fanout: Fanout, by: socket.socket, subscribe: Subscribe) -> None:
    there = subscribe(by, Offsets(1))
    fanout.forward(fanout.prepare([]), [picture(1, 100)], WALL)
    fanout.forward(fanout.prepare([there.row]), [], WALL)
    assert len(fanout.prepare([])) == 0
    assert fanout.lost == 0


@pytest.mark.parametrize("kind", [Fanout, FastFanout])
def test_a_way_that_takes_no_trains_gets_single_packets(
    kind: type[Fanout], by: socket.socket, subscribe: Subscribe
) -> None:
    """Without checksums Linux refuses to cut trains (EINVAL), as it does where the MTU is too small."""
    fanout = kind(trains=True)
    if not supported():
        pytest.skip("this kernel knows no UDP GSO")
    with sending_socket() as bare:
        bare.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        there = [subscribe(bare, Offsets(1)), subscribe(by, Offsets(2))]
        rows = fanout.prepare([each.row for each in there])
        for call in range(3):
            frame = [picture(call * 4 + n, 300, marker=n == 3) for n in range(4)]
            fanout.forward(rows, frame, WALL)
            for each in there:
                plain = [each.decrypt(datagram) for datagram in each.datagrams(4)]
                assert [_payload(packet) for packet in plain] == [packet.payload for packet in frame]
    assert fanout.lost == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("picture_id_at", 99),
        ("picture_id_at", 1000),
        ("picture_id_at", -50),
        ("tl0_at", 100),
        ("tl0_at", -50),
    ],
)
def test_positions_outside_of_the_packet_are_refused(
    field: str, value: int, by: socket.socket, subscribe: Subscribe
) -> None:
    fanout = FastFanout()
    rows = fanout.prepare([subscribe(by, Offsets(1)).row])
    packet = picture(1, 100)._replace(**{field: value})
    with pytest.raises(ValueError, match="positions"):
        fanout.forward(rows, [packet], WALL)


def test_a_call_keeps_nothing_and_rows_give_back_what_they_held(
    by: socket.socket, subscribe: Subscribe
) -> None:
    assert fast._fan is not None
    there = subscribe(by, Offsets(1))
    rows = FastFanout().prepare([there.row])
    data = bytes(200)
    good = (data, 1, 2, 0, 0, False, 0, 0, False)
    held = sys.getrefcount(data)
    fast._fan.forward(rows.ready, (good, good), True)
    with pytest.raises(ValueError):
        fast._fan.forward(rows.ready, (good, (data, 1, 2, 900, 0, False, 0, 0, False)), True)
    assert sys.getrefcount(data) == held
    with pytest.raises(BufferError):
        there.transport.memory.append(1)
    del rows
    there.transport.memory.append(1)


def test_rows_may_be_dropped_while_they_are_sent_to(by: socket.socket, subscribe: Subscribe) -> None:
    fanout = FastFanout()
    there = [subscribe(by, Offsets(n + 1), key=n) for n in range(40)]
    for each in there:
        each.socket.close()
    current = [fanout.prepare([each.row for each in there])]
    stop = threading.Event()

    def exchange() -> None:
        while not stop.is_set():
            current[0] = fanout.prepare([each.row for each in there[:-1]])
            gc.collect(0)

    other = threading.Thread(target=exchange)
    other.start()
    for n in range(300):
        fanout.forward(current[0], [picture(n, 600)], WALL)
    stop.set()
    other.join()


def test_a_second_thread_is_turned_away_not_mixed_in(by: socket.socket, subscribe: Subscribe) -> None:
    fanout = FastFanout()
    there = [subscribe(by, Offsets(n + 1)) for n in range(60)]
    rows = fanout.prepare([each.row for each in there])
    refused: list[RuntimeError] = []
    numbers = itertools.count()

    def forward() -> None:
        for _ in range(60):
            try:
                fanout.forward(rows, [picture(next(numbers), 1000) for _ in range(3)], WALL)
            except RuntimeError as error:
                refused.append(error)

    threads = [threading.Thread(target=forward) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert refused
    assert fanout.lost == 0


def test_the_setting_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(choose("off")) is Fanout
    assert choose("auto").trains == choose("off").trains == supported()
    assert not choose("auto", trains=False).trains
    assert type(choose("auto")) is FastFanout
    assert type(choose("required")) is FastFanout
    monkeypatch.setattr(fast, "_fan", None)
    assert type(choose("auto")) is Fanout
    with pytest.raises(AppError, match="MEDIA_FAST_PATH"):
        choose("required")
