"""Two web processes of the real program for a whole file of tests; a room of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.support.pages import TestRoom
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    """What a file of tests wants otherwise; override it there."""
    return {}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, stack_settings: dict[str, str]) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), webs=2, settings=stack_settings) as running:
        yield running


@pytest.fixture
def room(stack: Stack) -> Iterator[TestRoom]:
    with TestRoom(stack) as made:
        yield made
