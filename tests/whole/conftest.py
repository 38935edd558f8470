"""The whole program without a browser: two web processes with a port each, a media worker, media clients."""

from collections.abc import Iterator

import pytest

from tests.support.on_air import Air
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), webs=2, media=1) as running:
        yield running


@pytest.fixture
def air() -> Iterator[Air]:
    with Air() as running:
        yield running
