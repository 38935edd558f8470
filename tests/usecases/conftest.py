"""The bridges between LTI, rooms and the web, over a real Redis and a clock the tests move."""

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.web import WebDeps
from tests.support import web


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still."""
    return FixedClock()


@pytest.fixture
def settings() -> Settings:
    """Settings of a school on https."""
    return web.settings(PUBLIC_URL="https://rooms.example", DEVELOPMENT="0")


@pytest.fixture
def deps(redis: Redis, settings: Settings, clock: FixedClock) -> WebDeps:
    """All collaborators of the web pages."""
    return web.web_deps(redis, settings, clock=clock)
