"""One subscriber's stream over several layers: continuous numbers, none ever twice, nothing frozen."""

import itertools
import random  # noqa: TID251
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lti_room.media.sfu.formats import rtcp, rtp
from lti_room.media.sfu.forwarding.downtrack import DownTrack
from lti_room.media.sfu.forwarding.layer import Layer
from lti_room.media.sfu.subscribing.flow import Flow, flowing, nearest
from tests.support.layers import Bench, Encoder, Sent


def _in_order(sent: list[Sent]) -> bool:
    return all(b.sequence - a.sequence == 1 for a, b in itertools.pairwise(sent))


def test_the_old_layer_goes_on_until_the_new_ones_keyframe() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench), Encoder(high, bench, sequence=9, picture=77)
    down = bench.down()
    down.follow(low)
    low_encoder.send(key=True)
    down.follow(high)
    for _ in range(3):
        low_encoder.send()
        high_encoder.send()
    high_encoder.send(key=True)
    low_encoder.send()
    high_encoder.send()
    assert bench.asked == [0, 2]
    got = bench.got(down)
    origins = [sent.source.payload[:6] for sent in got]
    assert len(origins) == 2 + 3 * 2 + 2 + 2
    assert down.layer is high
    assert got[8].source.payload[6] == 0x10, "the first of the new layer is a keyframe's first packet"


def test_the_numbers_go_on_over_a_switch() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = (
        Encoder(low, bench),
        Encoder(high, bench, sequence=9, timestamp=123_456, picture=77),
    )
    down = bench.down()
    down.follow(low)
    low_encoder.send(key=True)
    low_encoder.send()
    bench.pass_time(0.1)
    down.follow(high)
    high_encoder.send(key=True)
    high_encoder.send()
    got = bench.got(down)
    assert _in_order(got)
    pictures = [sent.picture for sent in got[::2]]
    assert pictures == [32_761, 32_762, 32_763, 32_764]
    assert [sent.tl0 for sent in got[::2]] == [251, 252, 253, 254]
    assert got[4].timestamp - got[3].timestamp == 9000, "without sender reports the wall clock places it"


def test_sender_reports_place_the_new_layer_where_its_capture_time_belongs() -> None:
    """Both layers' clocks start anywhere; one picture's packets arrive 40 ms later than the other's."""
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = (
        Encoder(low, bench, timestamp=4_000_000_000),
        Encoder(high, bench, timestamp=17),
    )
    second = 1 << 32
    low.clock.ntp, low.clock.rtp = 50 * second, 4_000_000_000
    high.clock.ntp, high.clock.rtp = 51 * second, 17 + 90_000
    down = bench.down()
    down.follow(low)
    low_encoder.send(key=True)
    down.follow(high)
    high_encoder.frame()
    bench.pass_time(0.04 + 1 / 30)
    high_encoder.send(key=True)
    got = bench.got(down)
    assert got[2].timestamp - got[1].timestamp & 0xFFFFFFFF == 3000, "one picture later, whatever the delay"
    clock = rtcp.SenderClock(offset=0.0)
    info = high.clock.sender_info(clock, 90_000, 0.0, 1, 1, down.time_offset)
    before = low.clock.sender_info(clock, 90_000, 0.0, 1, 1, 0)
    assert info is not None
    assert before is not None
    assert info.rtp_timestamp == before.rtp_timestamp, "its sender reports go on as if nothing had happened"


def test_a_switch_never_repeats_or_turns_back_a_timestamp() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench, timestamp=0), Encoder(high, bench, timestamp=0)
    for layer in (low, high):
        layer.clock.ntp, layer.clock.rtp = 1 << 32, 0
    down = bench.down()
    down.follow(low)
    low_encoder.send(key=True)
    low_encoder.send()
    down.follow(high)
    high_encoder.send(key=True)
    low_encoder.frame()
    down.follow(low)
    low_encoder.send(key=True)
    times = [sent.timestamp for sent in bench.got(down)[::2]]
    assert times == [3000, 6000, 6001, 12000], "one tick on, and back in place with the next switch"


def test_incredible_sender_reports_are_not_believed() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench), Encoder(high, bench)
    low.clock.ntp, high.clock.ntp = 1 << 32, 12_345 << 32
    down = bench.down()
    down.follow(low)
    low_encoder.send(key=True)
    bench.pass_time(0.5)
    down.follow(high)
    high_encoder.send(key=True)
    got = bench.got(down)
    assert got[2].timestamp - got[1].timestamp & 0xFFFFFFFF == 45_000


def test_a_pause_leaves_no_hole_and_ends_with_a_keyframe() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    down = bench.down()
    down.follow(layer)
    encoder.send(key=True)
    down.follow(None)
    for _ in range(5):
        encoder.send()
    down.follow(layer)
    encoder.send()
    encoder.send(key=True)
    got = bench.got(down)
    assert len(got) == 4
    assert _in_order(got)
    assert got[2].picture == (got[1].picture + 1) & 0x7FFF
    assert got[2].timestamp - got[1].timestamp == 7 * 3000, "time did not stand still"


def test_a_late_packet_from_before_a_switch_is_not_sent() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench), Encoder(high, bench)
    down, other = bench.down(), bench.down()
    down.follow(low)
    other.follow(high)
    low_encoder.send(key=True)
    high_encoder.send(key=True)
    late_low, late_high = low_encoder.packet(), high_encoder.packet()
    down.follow(high)
    high_encoder.send(key=True)
    count = len(bench.got(down))
    low.receive(late_low, bench.now, None)
    high.receive(late_high, bench.now, None)
    assert len(bench.got(down)) == count
    assert bench.got(other)[-1].source is high.history.get(bench.got(other)[1].source.sequence + 1)


def test_a_keyframe_whose_beginning_was_repaired_begins_with_that() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    down = bench.down()
    down.follow(layer)
    first, second, third = encoder.frame(3, key=True)
    for packet in (second, third, first):
        layer.receive(packet, bench.now, None)
    encoder.send()
    got = bench.got(down)
    numbers = [sent.sequence - got[0].sequence for sent in got]
    assert numbers == [0, 3, 4], "what came before can be asked for again"
    assert layer.history.get(got[0].source.sequence + 1) is not None


def test_switching_off_while_another_layer_is_awaited_goes_on_with_that_one() -> None:
    bench = Bench()
    low, high = bench.layer(0), bench.layer(2)
    low_encoder, high_encoder = Encoder(low, bench), Encoder(high, bench)
    down = bench.down()
    down.follow(low)
    low_encoder.send(key=True)
    down.follow(high)
    for layer in (low, high):
        layer.set_open(False)
    low_encoder.send(key=True)
    high_encoder.send(key=True)
    assert len(bench.got(down)) == 2
    for layer in (low, high):
        layer.set_open(True)
    low_encoder.send(key=True)
    high_encoder.send(key=True)
    got = bench.got(down)
    assert len(got) == 4
    assert _in_order(got)
    assert down.layer is high


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_ever_sent_twice_under_one_number(seed: int) -> None:
    """Switches, pauses, losses, late, repeated and padding packets at random: a GCM nonce must not repeat."""
    chance = random.Random(seed)
    bench = Bench()
    layers = [bench.layer(rank) for rank in range(3)]
    encoders = [Encoder(layer, bench, sequence=chance.randrange(65_536)) for layer in layers]
    downs = [bench.down() for _ in range(4)]
    held: list[tuple[int, rtp.Packet]] = []
    for _ in range(4000):
        bench.pass_time(0.01)
        _disturb(chance, layers, downs)
        rank = chance.randrange(3)
        encoder = encoders[rank]
        if chance.random() < 0.05:
            packets = [encoder.padding()]
        else:
            packets = encoder.frame(chance.randrange(1, 4), key=chance.random() < 0.15)
        for packet in packets:
            fate = chance.random()
            if fate > 0.06:
                layers[rank].receive(packet, bench.now, None)
            if fate < 0.12:
                held.append((rank, packet))
        while held and chance.random() < 0.3:
            late_rank, late = held.pop(chance.randrange(len(held)))
            layers[late_rank].receive(late, bench.now, None)
    for down in downs:
        numbers = [sent.sequence for sent in bench.got(down)]
        assert len(numbers) > 500
        assert len(set(numbers)) == len(numbers)
        newest = numbers[0]
        for number in numbers:
            assert number - newest < 0x4000, "libsrtp must not lose count of the roll-overs"
            newest = max(newest, number)


def _disturb(chance: random.Random, layers: list[Layer], downs: list[DownTrack]) -> None:
    if chance.random() < 0.1:
        chance.choice(downs).follow(chance.choice([*layers, *layers, None]))
    if chance.random() < 0.01:
        is_open = not layers[0].open
        for layer in layers:
            layer.set_open(is_open)
    if not layers[0].open and chance.random() < 0.2:
        for layer in layers:
            layer.set_open(True)


def test_a_layer_that_stops_is_replaced_by_the_nearest_that_flows() -> None:
    bench = Bench()
    layers = [bench.layer(rank) for rank in range(3)]
    encoders = [Encoder(layer, bench) for layer in layers]
    for encoder in encoders:
        encoder.send()
    assert nearest(flowing(layers), 2) is layers[2]
    bench.pass_time(0.8)
    encoders[0].send()
    encoders[2].send()
    assert nearest(flowing(layers), 1) is layers[0], "the lower neighbour first"
    bench.pass_time(0.8)
    encoders[2].send()
    assert nearest(flowing(layers), 1) is layers[2], "rather too much than nothing"
    encoders[1].send()
    assert nearest(flowing(layers), 1) is layers[1]
    bench.pass_time(30)
    assert len(flowing(layers)) == 2, "when all stand still nothing is stalled that was not before"


def test_a_layer_that_is_switched_on_is_shown_from_the_keyframe_it_begins_with() -> None:
    bench = Bench()
    low, high = layers = [bench.layer(0), bench.layer(1)]
    encoders = [Encoder(layer, bench) for layer in layers]
    encoders[1].send()
    bench.pass_time(0.8)
    encoders[0].send()
    flow = Flow(cast(Any, SimpleNamespace(layers=layers)), bench.down(), rtcp.SenderClock())
    flow.agreed, flow.wanted = True, 0
    flow.steer()
    encoders[0].send(key=True)
    bench.asked.clear()
    flow.wanted = 1
    for _ in range(3):
        flow.steer()
        encoders[0].send()
        high.want_keyframe_for_waiting()
        bench.pass_time(0.6)
    assert flow.down.layer is low
    assert not bench.asked, "nobody else pays for what is not there"
    encoders[1].send(key=True)
    flow.steer()
    assert flow.down.layer is high
    assert not bench.asked


def test_a_layer_that_comes_back_without_a_keyframe_is_asked_for_one() -> None:
    bench = Bench()
    low, high = layers = [bench.layer(0), bench.layer(1)]
    encoders = [Encoder(layer, bench) for layer in layers]
    encoders[1].send()
    bench.pass_time(0.8)
    encoders[0].send()
    down = bench.down()
    flow = Flow(cast(Any, SimpleNamespace(layers=layers)), down, rtcp.SenderClock())
    flow.agreed, flow.wanted = True, 0
    flow.steer()
    encoders[0].send(key=True)
    flow.wanted = 1
    flow.steer()
    bench.asked.clear()
    encoders[1].send()
    flow.steer()
    assert bench.asked == [1]
    assert down.layer is low
    encoders[1].send(key=True)
    assert down.layer is high


def test_the_rate_of_a_layer_is_measured_over_a_second() -> None:
    bench = Bench()
    layer = bench.layer()
    encoder = Encoder(layer, bench)
    for _ in range(60):
        bench.pass_time(1 / 30)
        encoder.send()
    packet = 27 + 64
    assert abs(layer.bits_per_second(bench.now) - 60 * packet * 8) <= 2 * 2 * packet * 8
    assert layer.live(bench.now)
    bench.pass_time(1.2)
    assert layer.bits_per_second(bench.now) == 0
    assert not layer.live(bench.now)
