"""Dice for every fuzzer, whose seed is printed when it fails."""

from collections.abc import Iterator

import pytest

from tests.media.fuzz.chance import Dice


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> Iterator[Dice]:
    """Seeded dice; pytest shows what is printed here only of tests that failed."""
    dice = Dice(request.node.name)
    yield dice
    print(f"to play this again: FUZZ_SEED={dice.named} pytest {request.node.nodeid!r}")
    print(f"tried last: {dice.note[:1500]!r}")
