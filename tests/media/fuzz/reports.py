"""RTCP compounds that are nearly right: counts, lengths and values that no browser would send."""

from collections.abc import Sequence
from struct import pack

from tests.media.fuzz.chance import Dice, damaged

SENDER, RECEIVER, DESCRIPTION, BYE, APPLICATION, TRANSPORT, PAYLOAD, EXTENDED = range(200, 208)
_LARGEST = 1300


class Reports:
    """Makes the compounds of a hostile peer. `ssrcs` are those it may speak of."""

    def __init__(self, dice: Dice, ssrcs: Sequence[int]) -> None:
        self._dice = dice
        self._ssrcs = (*ssrcs, *ssrcs, 0, 0xFFFFFFFF)

    def next(self) -> bytes:
        """Return the next compound; one in four is damaged besides."""
        dice = self._dice
        makers = (
            self._sender,
            self._receiver,
            self._nack,
            self._arrivals,
            self._remb,
            self._keyframes,
            self._other,
        )
        made = b""
        for _ in range(dice.choice((1, 1, 2, 3, 10, 60))):
            made += dice.choice(makers)()
        return damaged(dice, made[:_LARGEST]) if dice.random() < 0.25 else made[:_LARGEST]

    def nack_storm(self, ssrc: int) -> bytes:
        """Return a compound that asks for as many packets as fit, in as many parts as fit."""
        pairs = b"".join(pack("!HH", self._dice.randrange(1 << 16), 0xFFFF) for _ in range(2))
        return b"".join(
            packet(TRANSPORT, 1, self._ssrc() + pack("!I", ssrc) + pairs) for _ in range(_LARGEST // 20)
        )

    def _ssrc(self) -> bytes:
        return pack("!I", self._dice.choice(self._ssrcs))

    def _sender(self) -> bytes:
        dice = self._dice
        clock = dice.choice((0, (1 << 64) - 1, dice.randrange(1 << 64), (3_900_000_000 << 32) + 5))
        info = pack("!QIII", clock, dice.randrange(1 << 32), dice.randrange(1 << 32), 0xFFFFFFFF)
        count = dice.choice((0, 0, 1, 31))
        return packet(SENDER, dice.choice((count, 31)), self._ssrc() + info + self._blocks(count))

    def _receiver(self) -> bytes:
        count = self._dice.choice((0, 1, 2, 31))
        return packet(RECEIVER, self._dice.choice((count, count, 31, 0)), self._ssrc() + self._blocks(count))

    def _blocks(self, count: int) -> bytes:
        return b"".join(self._ssrc() + self._dice.randbytes(20) for _ in range(count))

    def _nack(self) -> bytes:
        return packet(
            TRANSPORT, 1, self._ssrc() * 2 + self._dice.randbytes(4 * self._dice.choice((0, 1, 4, 250)))
        )

    def _arrivals(self) -> bytes:
        """Return transport-wide feedback whose count, runs and deltas need not agree."""
        dice = self._dice
        count = dice.choice((0, 1, 7, 14, 500, 4096, 4097, 0x1FFF, 0xFFFF))
        head = pack(
            "!HHI", dice.choice((0, 1, 0xFFFF, dice.randrange(1 << 16))), count, dice.randrange(1 << 32)
        )
        run = pack("!H", dice.choice((0x0000, 0x2000, 0x3FFF, 0x5FFF, 0x7FFF)) & 0xE000 | min(count, 0x1FFF))
        chunks = dice.choice((run, run * 9, dice.randbytes(2 * dice.randint(0, 40))))
        body = head + chunks + dice.randbytes(dice.choice((0, 1, 7, 500)))
        return packet(TRANSPORT, 15, self._ssrc() * 2 + body + bytes(-len(body) % 4))

    def _remb(self) -> bytes:
        dice = self._dice
        count = dice.choice((0, 1, 3, 255))
        rate = dice.choice((0, 0xFFFFFF, dice.randrange(1 << 24)))
        head = b"REMB" + bytes((count,)) + rate.to_bytes(3, "big")
        return packet(PAYLOAD, 15, self._ssrc() + bytes(4) + head + self._ssrc() * dice.choice((count, 0, 1)))

    def _keyframes(self) -> bytes:
        dice = self._dice
        if dice.random() < 0.5:
            return packet(PAYLOAD, 1, self._ssrc() * 2)
        entries = b"".join(self._ssrc() + dice.randbytes(4) for _ in range(dice.choice((0, 1, 30))))
        return packet(PAYLOAD, 4, self._ssrc() * 2 + entries)

    def _other(self) -> bytes:
        dice = self._dice
        kind = dice.choice((BYE, DESCRIPTION, APPLICATION, EXTENDED, 192, 209, 223))
        return packet(kind, dice.randrange(32), dice.randbytes(4 * dice.choice((0, 1, 2, 30))))


def packet(kind: int, count: int, body: bytes) -> bytes:
    """Return one RTCP packet; the body's length is a multiple of four."""
    return pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
