"""What every test may use: a real Redis, and a folder for screenshots of failures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from lti_room.base.redis_client import Redis, connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import Settings, load


@pytest.fixture(scope="session")
def redis_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose embedded Redis runs for the whole test run."""
    folder: Path = tmp_path_factory.mktemp("redis")
    settings = load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_DATA": str(folder)})
    with EmbeddedRedis(settings):
        yield settings


@pytest.fixture
def redis(redis_settings: Settings) -> Iterator[Redis]:
    """A client of a real Redis that is empty when the test starts."""
    client = connect(redis_settings.effective_redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """The one way to a browser.

    It ends with the module: while it runs, this thread has a running event loop, and tests that use
    asyncio could not.
    """
    with sync_playwright() as started:
        yield started
