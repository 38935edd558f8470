"""The real web process on gevent: what its server and its patched sockets may do differently."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_room.base.clock import SystemClock
from tests.support.platform import Mood, UnrulyPlatform, running
from tests.support.stack import Stack
from tests.support.visitor import Visitor

_TEXTS = ("name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")


@pytest.fixture(scope="module")
def platform() -> Iterator[UnrulyPlatform]:
    with running(UnrulyPlatform(SystemClock())) as made:
        yield made


@pytest.fixture(scope="module")
def stack(platform: UnrulyPlatform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    entry = platform.registration()
    lines = [f'{name} = "{entry[name]}"' for name in _TEXTS]
    lines += [f'deployments = ["{platform.deployment}"]', f'frame_origins = ["{platform.url}"]']
    file = folder / "registrations.toml"
    file.write_text("[[registration]]\n" + "\n".join(lines))
    with Stack(folder, settings={"LTI_ROOM_REGISTRATIONS": str(file)}) as made:
        yield made


def test_row_092_slow_platforms_hold_up_nobody(stack: Stack, platform: UnrulyPlatform) -> None:
    visitor = Visitor(stack.url)
    for mood in (Mood.DRIP, Mood.HANG):
        platform.mood = mood
        started = time.monotonic()
        reply = visitor.enter(platform)
        assert (reply.status, reply.error) == (502, "jwks_unreachable")
        assert 4.0 < time.monotonic() - started < 6.5
    platform.mood = Mood.WELL
    told = visitor.boot(visitor.enter(platform))
    assert told["participant"]["role"] == "host"


def test_row_013_a_long_hint_in_the_address(stack: Stack, platform: UnrulyPlatform) -> None:
    reply = Visitor(stack.url).login(platform, "GET", login_hint="h" * 20_000)
    assert (reply.status, reply.error) == (400, "bad_login_request")


def test_long_hints_of_platforms_that_log_in_by_get(stack: Stack, platform: UnrulyPlatform) -> None:
    hint = "h" * 12_000
    reply = Visitor(stack.url).login(platform, "GET", lti_message_hint=hint)
    assert reply.status == 302
    assert reply.parameters["lti_message_hint"] == hint
