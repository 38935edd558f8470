"""A removal holds within a second of its acknowledgement, even if the web process dies after the append."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lti_room.media.sfu.messages import grants_key
from lti_room.rooms.roles import Role
from tests.support.pages import TestRoom
from tests.support.stack import Stack, wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("standby"), webs=1, media=1) as running:
        yield running


def granted_version(room: TestRoom) -> int:
    found: Any = room.redis.hget(grants_key(room.id), "version")
    return int(found or 0)


def test_the_standby_in_the_media_process_takes_over(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST), room.join("Noah Kim")
    host.done("set_access", access="everyone")
    version = noah.done("join", microphone=True, camera=True)
    wait_until(lambda: granted_version(room) >= version, 2, "granted")
    web = room.stack.webs[0]
    version = host.done("remove", target=noah.id)
    web.kill()
    killed = time.monotonic()
    wait_until(lambda: granted_version(room) >= version, 1, "taken away within a second")
    assert time.monotonic() - killed < 1
    table: Any = orjson.loads(room.redis.hget(grants_key(room.id), "table"))  # type: ignore[arg-type]
    assert noah.id not in str(table) or not any(
        source in orjson.dumps(table["rows"][noah.id]).decode() for source in ("microphone", "camera")
    )
    # The web process may have granted before it died: what only the standby can have done counts too.
    later = room.store.load(room.id).version
    room.redis.hdel(grants_key(room.id), "version", "table")
    room.redis.xadd("rooms:log", {"room": room.id, "version": later})
    wait_until(lambda: granted_version(room) == later, 1, "followed without any web process")
