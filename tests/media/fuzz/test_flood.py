"""Floods from addresses nobody knows: a datagram costs its first bytes, and innocent packets get through."""

import asyncio
import contextlib
from struct import pack

import pytest

from lti_room.base.settings import Address
from lti_room.media.sfu.transport import mux as mux_module
from lti_room.media.sfu.transport import stun
from lti_room.media.sfu.transport.mux import Mux
from lti_room.media.sfu.transport.receiving import BATCH
from tests.media.fuzz.chance import Dice
from tests.media.fuzz.checks import check, message
from tests.media.fuzz.knocker import Knocker
from tests.media.fuzz.stage import Innocents, Stage

FLOOD = 20_000
KINDS = {
    "media": b"\x80\x60" + bytes(1000),
    "handshakes": b"\x16\xfe\xfd" + bytes(200),
    "nonsense": b"\xff" * 60,
    "checks for nobody": check("nobodyAtAll1", "a password that nobody has at all"),
    "checks that are none": b"\x00\x01" + bytes(98),
    "checks full of attributes": message(1, [(0x20, b"\0\2" + bytes(18))] * 21),
}


class Counted:
    """A mux without peers, and what it looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = self.signed = 0
        read, sign = stun.read_request, stun._sign

        def count_read(data: bytes) -> stun.BindingRequest | None:
            self.read += 1
            return read(data)

        def count_sign(data: bytes, password: bytes) -> bytes:
            self.signed += 1
            return sign(data, password)

        monkeypatch.setattr(mux_module, "read_request", count_read)
        monkeypatch.setattr(stun, "_sign", count_sign)
        self.mux = Mux(Address("127.0.0.1", 0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_datagram_from_nowhere_costs_its_first_bytes(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    counted = Counted(monkeypatch)
    listener = counted.mux._listeners[0]
    with contextlib.closing(listener):
        for n in range(100):
            counted.mux._demultiplex(listener, KINDS[kind], ("192.0.2.9", 1000 + n))
        assert counted.mux.dropped == 100
        assert counted.read == (100 if kind.startswith("checks") else 0)
        assert counted.signed == 0
        assert listener.known == {}


def test_one_turn_of_the_loop_takes_a_bounded_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many datagrams wait: timers and other sockets have their turn in between."""
    counted = Counted(monkeypatch)
    listener = counted.mux._listeners[0]
    with contextlib.closing(listener), Knocker(counted.mux.local_addresses[0].port) as knocker:
        for _ in range(3 * BATCH):
            knocker.send(b"\x80 flood")
        counted.mux._readable(listener)
        assert counted.mux.dropped == BATCH


def test_an_innocent_pair_loses_nothing_in_a_flood(dice: Dice) -> None:
    """As many datagrams in a second as a hundred participants send; the kernel may drop what is more."""

    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            assert innocents.viewer is not None
            port = stage.mux.local_addresses[0].port
            known = stage.uplink(innocents.who).peer.username
            kinds = [*KINDS.values(), check(known, "the password of somebody else, alas")]
            with contextlib.ExitStack() as stack:
                knockers = [stack.enter_context(Knocker(port)) for _ in range(20)]
                dropped = stage.mux.dropped
                for n in range(FLOOD):
                    dice.choice(knockers).send(dice.choice(kinds))
                    if n % 50 == 0:
                        await asyncio.sleep(0.001)
                await asyncio.sleep(0.1)
                assert stage.mux.dropped - dropped > FLOOD * 0.9
                assert not any(knocker.answers() for knocker in knockers)
            await innocents.end()
            assert not stage.wrong

    asyncio.run(scenario())


def test_a_datagram_that_makes_us_fail_costs_nobody_else_anything() -> None:
    """A fault of ours, whatever it is: what else lies in the socket is read, and the log stays short."""

    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            hostile, uplink = await stage.publish_hostile("p_hostile")

            def fail(data: bytes) -> None:
                raise RuntimeError("a fault of ours")

            uplink.receive_rtp = fail  # type: ignore[method-assign]
            for n in range(300):
                hostile.send_rtp(pack("!BBHII", 0x80, 111, n, 1, 0x51000001) + b"x")
                if n % 10 == 0:
                    await asyncio.sleep(0.002)
            await innocents.end()
            assert len(stage.wrong) == 1
            assert "a datagram failed" in stage.wrong[0]

    asyncio.run(scenario())
