"""The emulated LMSs over real HTTP, and a tool that is nothing but a key set."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from lti_room.base.clock import FixedClock
from lti_room.devlms.app import create_app
from lti_room.devlms.signing import SigningKey, signing_key
from tests.devlms.driver import Driver
from tests.support.stack import free_port


def _serve(server: BaseWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def tool_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """The key the tool signs its client assertions with."""
    return signing_key(tmp_path_factory.mktemp("tool"), "tool")


@pytest.fixture(scope="session")
def tool_url(tool_key: SigningKey) -> Iterator[str]:
    """The origin of a tool that serves its key set and has no other page."""
    app = Flask("tool")
    app.add_url_rule("/lti/jwks.json", "jwks", tool_key.jwks)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    for _ in _serve(server):
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="session")
def lms_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the emulated LMSs."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def session_clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def lms_url(tool_url: str, lms_data: Path, session_clock: FixedClock) -> Iterator[str]:
    """The origin of the running emulated LMSs."""
    port = free_port()
    url = f"http://localhost:{port}"
    app = create_app(base_url=url, tool_url=tool_url, data=lms_data, clock=session_clock)
    for _ in _serve(make_server("127.0.0.1", port, app, threaded=True)):
        yield url


@pytest.fixture
def clock(session_clock: FixedClock) -> Iterator[FixedClock]:
    """The clock of the running LMSs, set back after the test."""
    start = session_clock.value
    yield session_clock
    session_clock.value = start


@pytest.fixture(params=["canvas", "moodle", "sakai"])
def lms(request: pytest.FixtureRequest, lms_url: str, tool_url: str) -> Driver:
    """A driver of each LMS in turn."""
    return Driver(lms_url, tool_url, str(request.param))


@pytest.fixture
def canvas(lms_url: str, tool_url: str) -> Driver:
    return Driver(lms_url, tool_url, "canvas")


@pytest.fixture
def moodle(lms_url: str, tool_url: str) -> Driver:
    return Driver(lms_url, tool_url, "moodle")


@pytest.fixture
def sakai(lms_url: str, tool_url: str) -> Driver:
    return Driver(lms_url, tool_url, "sakai")
