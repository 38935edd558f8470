"""RTP packets that are nearly right: every field may be what no browser would put there."""

from struct import pack

from tests.media.fuzz.chance import Dice, damaged
from tests.media.fuzz.hostile_offer import (
    LEVEL,
    MID,
    NUMBER,
    OPUS,
    REPAIRED_RID,
    RID,
    RTX,
    SCREEN_RTX_SSRC,
    SCREEN_SSRC,
    SOUND_SSRC,
    VP8,
)

LAYERS = {"l": 0xC0000001, "m": 0xC0000002, "h": 0xC0000003}
REPAIRS = {"l": 0xC0000011, "m": 0xC0000012, "h": 0xC0000013}
_SSRCS = (SOUND_SSRC, SCREEN_SSRC, SCREEN_RTX_SSRC, *LAYERS.values(), *REPAIRS.values())


class Packets:
    """Makes the packets of a hostile publisher. `foreign` are SSRCs of other people."""

    def __init__(self, dice: Dice, foreign: tuple[int, ...] = ()) -> None:
        self._dice = dice
        self._ssrcs = (*_SSRCS, *_SSRCS, 0, 0xFFFFFFFF, *foreign)
        self._sequences = dict.fromkeys(self._ssrcs, 65_000)
        self._number = 65_000
        self._picture = 0x7FF0

    def next(self) -> bytes:
        """Return the next packet; one in four is damaged besides."""
        dice = self._dice
        ssrc = dice.choice(self._ssrcs) if dice.random() < 0.95 else dice.randrange(1 << 32)
        payload_type, payload = self._payload(ssrc)
        made = rtp(
            payload_type | dice.choice((0, 0x80)),
            self._sequence(ssrc),
            dice.choice((0, 0xFFFFFFFF, dice.randrange(1 << 32))),
            ssrc,
            self._extensions(ssrc),
            payload,
            csrcs=dice.choice((0, 0, 0, 0, 1, 15)),
            padding=dice.choice((0, 0, 0, 0, 1, 2, 255)),
            wide=dice.random() < 0.2,
        )
        return damaged(dice, made) if dice.random() < 0.25 else made

    def _sequence(self, ssrc: int) -> int:
        steps = (1, 1, 1, 1, 1, 1, 0, -1, 2, 17, -300, 255, 256, 257, 600, 0x7FFF, 0x8000, -0x7FFF)
        known = self._sequences.get(ssrc, self._dice.randrange(1 << 16))
        after = known + self._dice.choice(steps) & 0xFFFF
        if ssrc in self._sequences:
            self._sequences[ssrc] = after
        return after

    def _payload(self, ssrc: int) -> tuple[int, bytes]:
        dice = self._dice
        size = dice.choice((0, 1, 2, 3, 40, 100, 1100, 1180, 1300))
        if ssrc == SOUND_SSRC:
            return dice.choice((OPUS, OPUS, OPUS, VP8, dice.randrange(128))), dice.randbytes(size)
        repeats = ssrc in REPAIRS.values() or ssrc == SCREEN_RTX_SSRC
        original = pack("!H", dice.randrange(1 << 16)) if repeats and dice.random() < 0.9 else b""
        picture = self._descriptor() + dice.choice((b"\x10", b"\x11", b"")) + dice.randbytes(size)
        kind = dice.choice(
            (RTX, RTX, RTX, VP8) if repeats else (VP8, VP8, VP8, RTX, OPUS, dice.randrange(128))
        )
        return kind, original + picture

    def _descriptor(self) -> bytes:
        """Return a VP8 payload descriptor, whole, cut, or nonsense."""
        dice = self._dice
        self._picture = self._picture + dice.choice((0, 1, 1, 1, 500)) & 0x7FFF
        whole = bytes((0x90, 0xF0)) + pack("!H", 0x8000 | self._picture) + dice.randbytes(2)
        first = dice.choice((0x90, 0x80, 0x10, 0x00, 0x97, dice.randrange(256)))
        nonsense = bytes((first, dice.randrange(256))) + dice.randbytes(dice.randint(0, 5))
        return dice.choice((whole, whole, nonsense, whole[: dice.randint(0, 6)], nonsense[:2], b""))

    def _extensions(self, ssrc: int) -> dict[int, bytes]:
        dice = self._dice
        self._number = self._number + dice.choice((1, 1, 1, 1, 0, -1, 3, 400, 499, 501, 30_000)) & 0xFFFF
        said: dict[int, bytes] = {NUMBER: pack("!H", self._number)}
        rid = next((rid for rids in (LAYERS, REPAIRS) for rid, each in rids.items() if each == ssrc), "")
        if ssrc != SOUND_SSRC and dice.random() < 0.8:
            said[MID] = b"1" if rid else b"2"
            if rid:
                said[RID if ssrc in LAYERS.values() else REPAIRED_RID] = rid.encode()
        if ssrc == SOUND_SSRC:
            said[LEVEL] = bytes((dice.randrange(256),))
        if dice.random() < 0.3:
            which = dice.choice((LEVEL, NUMBER, MID, RID, REPAIRED_RID, dice.randrange(1, 15)))
            said[which] = dice.choice(
                (b"0", b"1", b"2", b"l", b"h", b"\xff\xfe", dice.randbytes(dice.randint(1, 16)))
            )
        return said


def rtp(
    second: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    extensions: dict[int, bytes],
    payload: bytes,
    *,
    csrcs: int = 0,
    padding: int = 0,
    wide: bool = False,
) -> bytes:
    """Return an RTP packet; `wide`: with two-byte header extensions."""
    block = b"".join(
        (bytes((number, len(value))) if wide else bytes((number << 4 | len(value) - 1,))) + value
        for number, value in extensions.items()
    )
    block += bytes(-len(block) % 4)
    first = 0x80 | (0x10 if extensions else 0) | (0x20 if padding else 0) | csrcs
    head = pack("!BBHII", first, second, sequence, timestamp, ssrc) + bytes(4 * csrcs)
    if extensions:
        head += pack("!HH", 0x1000 if wide else 0xBEDE, len(block) // 4) + block
    return head + payload + (bytes(padding - 1) + bytes((padding,)) if padding else b"")
