"""The pages over real HTTP with a real Redis."""

from collections.abc import Iterator

import pytest
from flask import Flask

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.web import WebDeps
from tests.support import web
from tests.support.stack import free_port


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still."""
    return FixedClock()


@pytest.fixture
def port() -> int:
    """Where the pages are served."""
    return free_port()


@pytest.fixture
def deps(redis: Redis, port: int, clock: FixedClock) -> WebDeps:
    """All collaborators of the web pages."""
    return web.web_deps(redis, web.settings(PUBLIC_URL=f"http://127.0.0.1:{port}"), clock=clock)


@pytest.fixture
def app(deps: WebDeps) -> Flask:
    """The app; a test may add routes before it asks for `site`."""
    return web.create_app(deps)


@pytest.fixture
def site(app: Flask, port: int) -> Iterator[str]:
    """The origin of the running pages."""
    with web.serving(app, port) as origin:
        yield origin
