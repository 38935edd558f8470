"""No nonce twice: whatever numbers a publisher makes up, SRTP counts what we send as we do.

libsrtp guesses a packet's index from the highest it has seen (RFC 3711 section 3.3.1). A leap of half the
number space between two packets that are sent would make it guess wrong: then the same index comes round
again with another text, under AES-GCM a key given away.
"""

from struct import pack

import pytest

from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.publishing.arrivals import Arrivals
from lti_room.media.sfu.publishing.missing import MOST_AWAITED, Missing
from lti_room.media.sfu.transport.dtls import LARGEST_PACKET
from tests.media.fuzz.chance import Dice, rounds
from tests.support.layers import Bench

STEPS = (1, 1, 1, 1, 2, 17, 300, 3000, 20_000, 0x7FFE, 0x7FFF, -1, -2, -60, -599, -700, -0x7FFF)


@pytest.mark.parametrize("video", [True, False], ids=["pictures", "sound"])
def test_srtp_agrees_on_the_index_of_every_packet(dice: Dice, video: bool) -> None:
    bench = Bench()
    layer = bench.layer(video=video)
    down = bench.down()
    down.follow(layer)
    number = 65_000
    for _ in range(rounds(8000)):
        bench.pass_time(0.005)
        number = number + dice.choice(STEPS) & 0xFFFF
        layer.receive(_packet(dice, number), bench.now, None)
        if dice.random() < 0.002:
            layer.set_open(not layer.open)
    assert all(len(each.source.common(0.0)) <= LARGEST_PACKET for each in bench.got(down)), "not to be sent"
    sent = [each.sequence for each in bench.got(down)]
    assert len(sent) > 500
    assert len(set(sent)) == len(sent), "a number was used twice"
    highest = sent[0]
    for sequence in sent:
        assert abs(sequence - highest) < 0x8000, "libsrtp would guess another index"
        highest = max(highest, sequence)


def _packet(dice: Dice, number: int) -> rtp.Packet:
    """Return the start of a keyframe mostly; sometimes nothing but padding, or more than can be sent."""
    kind = dice.random()
    head = pack("!BBHII", 0xA0 if kind < 0.2 else 0x80, 96, number, dice.randrange(1 << 32), 5)
    if kind < 0.2:
        return rtp.parse(head + bytes(9) + bytes((10,)))
    return rtp.parse(head + b"\x10\x10" + bytes(1340 if kind < 0.4 else 20))


def test_a_gap_in_every_packet_is_not_awaited_number_by_number() -> None:
    """Remembering 255 numbers for each packet made it ten times as dear, and asked for them in vain."""
    missing = Missing()
    begun = 0
    for n in range(2000):
        before = len(missing)
        missing.accept(n * 256 & 0xFFFF, n / 2000)
        begun += max(0, len(missing) - before)
    assert begun <= 3 * MOST_AWAITED
    assert missing.hopeless, "a keyframe is asked for instead"


def test_transport_numbers_that_leap_are_reported_in_bounded_space(dice: Dice) -> None:
    arrivals = Arrivals(1)
    for n in range(rounds(200)):
        for _ in range(20):
            arrivals.add(
                dice.choice((1, 2, 499, 500, 501, 30_000, 0x8000)) * n & 0xFFFF, n / 10 + dice.random()
            )
        packets = arrivals.feedback(7)
        assert all(len(each) <= 1200 for each in packets)
        assert len(packets) <= 60
    assert len(arrivals._arrived) <= 1000
