"""Chance that can be repeated: every fuzzer takes its dice from here and says their seed when it fails.

FUZZ_SEED=7 pytest tests/media/fuzz     other dice than the usual ones, or those of a failure
FUZZ_TIMES=20 pytest tests/media/fuzz   twenty times as many rounds, to hunt
"""

import os
import zlib
from collections.abc import Callable, Sequence
from random import Random  # noqa: TID251 - seeded on purpose

Mutate = Callable[[Random, bytearray], None]


class Dice(Random):
    """Seeded dice. `note` keeps what is tried just now, for the report of a failure."""

    def __init__(self, test: str) -> None:
        self.named = os.environ.get("FUZZ_SEED", "") or str(zlib.crc32(test.encode()))
        super().__init__(f"{test} {self.named}")
        self.note = b""


def rounds(usual: int) -> int:
    """Return how many rounds a fuzzer plays that usually plays so many."""
    return usual * int(os.environ.get("FUZZ_TIMES", "1"))


def damaged(dice: Random, data: bytes) -> bytes:
    """Return data with one to four random changes."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        dice.choice(_DAMAGES)(dice, out)
    return bytes(out)


def _flip_bit(dice: Random, out: bytearray) -> None:
    if out:
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)


def _set_byte(dice: Random, out: bytearray) -> None:
    if out:
        out[dice.randrange(len(out))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))


def _set_word(dice: Random, out: bytearray) -> None:
    if len(out) >= 2:
        at = dice.randrange(len(out) - 1)
        value = dice.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, len(out), dice.randrange(1 << 16)))
        out[at : at + 2] = value.to_bytes(2, "big")


def _cut(dice: Random, out: bytearray) -> None:
    del out[dice.randrange(len(out) + 1) :]


def _remove(dice: Random, out: bytearray) -> None:
    at = dice.randrange(len(out) + 1)
    del out[at : at + dice.randint(1, 8)]


def _insert(dice: Random, out: bytearray) -> None:
    at = dice.randrange(len(out) + 1)
    out[at:at] = dice.randbytes(dice.randint(1, 8))


def _repeat(dice: Random, out: bytearray) -> None:
    at = dice.randrange(len(out) + 1)
    out[at:at] = out[at : at + dice.randint(1, 32)]


_DAMAGES: Sequence[Mutate] = (_flip_bit, _set_byte, _set_word, _cut, _remove, _insert, _repeat)
